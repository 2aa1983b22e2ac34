/** The state of tuned annealing, and the same as plain JSON. */
import {
  badStored,
  boolean,
  checked,
  finiteNumber,
  fraction,
  listOf,
  nullable,
  record,
  sha256Hex,
  wholeNumber,
  type Codec,
} from '../../core/codec.ts';
import { countKept, countPruned } from '../../core/mask.ts';
import type { Score, Solution } from '../contract.ts';
import type { SearchState } from '../shell.ts';
import { scoreCodec, solutionCodec, unprunedCodec, type StoredSolution } from '../stored-solution.ts';
import { frontCodec, type FrontSolutions } from './front.ts';
import type { Rejections, StoredRejections } from './moves/importance-model.ts';
import { stepSizesCodec, type StepSizes } from './moves/step-sizes.ts';
import { MAX_EVALUATIONS } from './options.ts';
import type { SearchSetup } from './setup.ts';
import { tradeoffCodec, type StoredTradeoff, type Tradeoff } from './tradeoff-controller.ts';

/** A validation: the current solution, evaluated on the validation images. */
export interface ValidationPoint {
  /** Number of evaluations so far, this one included. */
  readonly evaluations: number;
  /** Fraction of zeros among all weights. */
  readonly sparsity: number;
  readonly tuning: Score;
  readonly validation: Score;
}

/** Scores on the validation images. */
export interface ValidationScores {
  readonly unpruned: Score;
  /** Of the best solution. */
  readonly best: Score;
}

interface Counts {
  /** Candidates evaluated so far, on whichever images. */
  readonly evaluations: number;
  readonly accepted: number;
  /** Number of the visit to a layer, and number of evaluations at which it ends. */
  readonly visit: number;
  readonly visitEnd: number;
  /** Number of evaluations at which the next validation is due. */
  readonly nextValidation: number;
  /** Number of evaluations at which the best solution was found. */
  readonly improvedAt: number;
  /** Whether the current solution has been evaluated on the validation images. */
  readonly isValidated: boolean;
  /** Whether the search is at its end and only completes its result. */
  readonly isEnding: boolean;
}

export interface TunedState extends SearchState, Counts {
  /** In nats; undefined before it was measured. */
  readonly temperature: number | undefined;
  readonly tradeoff: Tradeoff;
  readonly stepSizes: StepSizes;
  readonly current: Solution;
  readonly best: Solution;
  readonly validation: ValidationScores;
  readonly validationPoints: readonly ValidationPoint[];
  readonly front: FrontSolutions;
  readonly rejections: Rejections;
}

export interface StoredTunedState extends Counts {
  readonly digest: string;
  readonly temperature: number | null;
  readonly tradeoff: StoredTradeoff;
  readonly stepSizes: StepSizes;
  readonly unpruned: StoredSolution;
  readonly current: StoredSolution;
  readonly best: StoredSolution;
  readonly validation: ValidationScores;
  readonly validationPoints: readonly ValidationPoint[];
  readonly front: readonly StoredSolution[];
  readonly rejections: StoredRejections;
}

export function stateCodec(setup: SearchSetup): Codec<TunedState, StoredTunedState> {
  const { problem, options, weights } = setup;
  const solution = solutionCodec(problem);
  const evaluations = wholeNumber(2, Math.min(options.evaluations, Number.MAX_SAFE_INTEGER));
  const fields = record<TunedState, StoredTunedState>({
    evaluations,
    accepted: wholeNumber(),
    visit: wholeNumber(),
    visitEnd: wholeNumber(),
    nextValidation: wholeNumber(),
    improvedAt: wholeNumber(),
    isValidated: boolean,
    isEnding: boolean,
    temperature: nullable(finiteNumber(0)),
    tradeoff: tradeoffCodec,
    stepSizes: stepSizesCodec(weights, options.moves.length),
    digest: sha256Hex,
    unpruned: unprunedCodec(problem),
    current: solution,
    best: solution,
    ...validationCodecs(evaluations),
    front: frontCodec(problem),
    rejections: setup.importance.codec,
  });
  return checked(fields, (state, path) => checkFit(state, path, setup));
}

/** Fields of every search with validations; `evaluations` is the codec of their number. */
export const validationCodecs = (evaluations: Codec<number>) => ({
  validation: record<ValidationScores, ValidationScores>({ unpruned: scoreCodec, best: scoreCodec }),
  validationPoints: listOf(
    record<ValidationPoint, ValidationPoint>({
      evaluations,
      sparsity: fraction,
      tuning: scoreCodec,
      validation: scoreCodec,
    }),
    0,
    MAX_EVALUATIONS,
  ),
});

/** Throws 'bad-input' unless the fields of a state fit each other, the options and the goal. */
function checkFit(state: TunedState, path: string, setup: SearchSetup): void {
  const { evaluations, accepted, improvedAt, isEnding, validationPoints } = state;
  checkCounts(
    { accepted, improvedAt, 'validationPoints.length': validationPoints.length },
    evaluations,
    path,
  );
  if (!isEnding && evaluations >= setup.options.evaluations - 1) {
    throw badStored(`${path}.isEnding`, isEnding, `true after ${evaluations} evaluations`);
  }
  checkUnprunedLoss(state, path, setup);
  for (const name of ['current', 'best'] as const) checkTarget(state[name], `${path}.${name}.masks`, setup);
}

/** Throws 'bad-input' for a count of what evaluations led to that is larger than their number. */
export function checkCounts(
  counts: Readonly<Record<string, number>>,
  evaluations: number,
  path: string,
): void {
  for (const [name, count] of Object.entries(counts)) {
    if (count > evaluations) {
      throw badStored(`${path}.${name}`, count, `at most ${evaluations}, the number of evaluations`);
    }
  }
}

/** Throws 'bad-input' if the unpruned network does not meet the goal. */
export function checkUnprunedLoss(
  { validation }: Pick<TunedState, 'validation'>,
  path: string,
  { goal }: Pick<SearchSetup, 'goal'>,
): void {
  if (validation.unpruned.loss < goal.maxUnprunedLoss) return;
  const found = validation.unpruned.loss;
  throw badStored(`${path}.validation.unpruned.loss`, found, `below ${goal.maxUnprunedLoss}, the maxLoss`);
}

/** Throws 'bad-input' if a target sparsity cannot be reached from a solution. */
export function checkTarget(
  { masks }: Solution,
  path: string,
  { searched, goal, leastKept }: Pick<SearchSetup, 'searched' | 'goal' | 'leastKept'>,
): void {
  if (goal.zeros === undefined) return;
  const zeros = countPruned(masks);
  if (zeros > goal.zeros) {
    throw badStored(`the number of zeros in ${path}`, zeros, `at most ${goal.zeros}, the target`);
  }
  for (const layer of searched) {
    const [kept, least] = [countKept(masks[layer]!), leastKept[layer]!];
    if (kept < least) {
      throw badStored(`the number of weights kept in ${path}[${layer}]`, kept, `at least ${least}`);
    }
  }
}
