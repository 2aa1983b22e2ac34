/** The state of a population search, and the same as plain JSON. */
import {
  badStored,
  boolean,
  checked,
  finiteNumber,
  listOf,
  nullable,
  record,
  sha256Hex,
  tupleOf,
  wholeNumber,
  type Codec,
} from '../../core/codec.ts';
import { weightsOf, type Masks } from '../../core/mask.ts';
import type { Problem, Solution } from '../contract.ts';
import type { SearchState } from '../shell.ts';
import { maskCodec, solutionCodec, unprunedCodec, type StoredSolution } from '../stored-solution.ts';
import { frontCodec, type FrontSolutions } from '../tuned/front.ts';
import type { Rejections, StoredRejections } from '../tuned/moves/importance-model.ts';
import { stepSizesCodec, type StepSizes } from '../tuned/moves/step-sizes.ts';
import { MAX_EVALUATIONS } from '../tuned/options.ts';
import {
  checkCounts,
  checkTarget,
  checkUnprunedLoss,
  validationCodecs,
  type ValidationPoint,
  type ValidationScores,
} from '../tuned/state.ts';
import { tradeoffCodec, type StoredTradeoff, type Tradeoff } from '../tuned/tradeoff-controller.ts';
import type { Difference } from './crossover.ts';
import type { HypervolumePoint } from './pareto/hypervolume.ts';
import type { PopulationSetup } from './setup.ts';

interface Counts {
  /** Candidates evaluated so far, on whichever images. */
  readonly evaluations: number;
  /** Individuals that survived the generation in which they were bred. */
  readonly accepted: number;
  /** Number of generations so far. */
  readonly generation: number;
  /** Generations since the leader changed. */
  readonly stagnation: number;
  /** Index of the layer in which the leader changed most at its last change. */
  readonly layer: number;
  /** Number of evaluations at which the next validation is due. */
  readonly nextValidation: number;
  /** Number of evaluations at which the best solution was found. */
  readonly improvedAt: number;
  /** Whether the leader has been evaluated on the validation images. */
  readonly isValidated: boolean;
  /** Whether the search is at its end and only completes its result; and whether that is complete. */
  readonly isEnding: boolean;
  readonly isComplete: boolean;
}

export interface PopulationState extends SearchState, Counts {
  readonly tradeoff: Tradeoff;
  readonly stepSizes: StepSizes;
  /** The best first. */
  readonly population: readonly Solution[];
  /** What children of the last generation did better than their parents, the best first. */
  readonly differences: readonly Difference[];
  /** The leader before the last restart, until it comes back. */
  readonly retired: Solution | undefined;
  /** The best solution that was validated and meets the goal. */
  readonly best: Solution;
  readonly validation: ValidationScores;
  readonly validationPoints: readonly ValidationPoint[];
  readonly front: FrontSolutions;
  readonly hypervolume: readonly HypervolumePoint[];
  readonly rejections: Rejections;
}

interface StoredDifference {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly lossChange: number;
  readonly generation: number;
}

export interface StoredPopulationState extends Counts {
  readonly digest: string;
  readonly tradeoff: StoredTradeoff;
  readonly stepSizes: StepSizes;
  readonly unpruned: StoredSolution;
  readonly population: readonly StoredSolution[];
  readonly differences: readonly StoredDifference[];
  readonly retired: StoredSolution | null;
  readonly best: StoredSolution;
  readonly validation: ValidationScores;
  readonly validationPoints: readonly ValidationPoint[];
  readonly front: readonly StoredSolution[];
  readonly hypervolume: readonly HypervolumePoint[];
  readonly rejections: StoredRejections;
}

export function stateCodec(setup: PopulationSetup): Codec<PopulationState, StoredPopulationState> {
  const { problem, options, weights, children, survivors } = setup;
  const solution = solutionCodec(problem);
  const evaluations = wholeNumber(2, Math.min(options.evaluations, Number.MAX_SAFE_INTEGER));
  const masks = masksCodec(problem);
  const fields = record<PopulationState, StoredPopulationState>({
    evaluations,
    accepted: wholeNumber(),
    generation: wholeNumber(),
    stagnation: wholeNumber(),
    layer: wholeNumber(0, problem.layers.length - 1),
    nextValidation: wholeNumber(),
    improvedAt: wholeNumber(),
    isValidated: boolean,
    isEnding: boolean,
    isComplete: boolean,
    tradeoff: tradeoffCodec,
    stepSizes: stepSizesCodec(weights, options.moves.length),
    digest: sha256Hex,
    unpruned: unprunedCodec(problem),
    population: listOf(solution, 1, survivors),
    differences: listOf(
      record<Difference, StoredDifference>({
        from: masks,
        to: masks,
        lossChange: finiteNumber(),
        generation: wholeNumber(),
      }),
      0,
      children,
    ),
    retired: nullable(solution),
    best: solution,
    ...validationCodecs(evaluations),
    front: frontCodec(problem),
    hypervolume: listOf(
      record<HypervolumePoint, HypervolumePoint>({ evaluations, value: finiteNumber(0, 1) }),
      0,
      MAX_EVALUATIONS,
    ),
    rejections: setup.importance.codec,
  });
  return checked(fields, (state, path) => checkFit(state, path, setup));
}

function masksCodec({ layers }: Problem): Codec<Masks, readonly string[]> {
  return tupleOf(layers.map(({ shape }) => maskCodec(weightsOf(shape))));
}

/** Throws 'bad-input' unless the fields of a state fit each other, the options and the goal. */
function checkFit(state: PopulationState, path: string, setup: PopulationSetup): void {
  const { evaluations, isEnding, isComplete } = state;
  const counts = {
    accepted: state.accepted,
    generation: state.generation,
    improvedAt: state.improvedAt,
    'validationPoints.length': state.validationPoints.length,
    'hypervolume.length': state.hypervolume.length,
  };
  checkCounts(counts, evaluations, path);
  if (isComplete && !isEnding) throw badStored(`${path}.isEnding`, isEnding, 'true of a complete search');
  if (!isEnding && evaluations >= setup.options.evaluations - setup.finalists) {
    throw badStored(`${path}.isEnding`, isEnding, `true after ${evaluations} evaluations`);
  }
  checkUnprunedLoss(state, path, setup);
  state.population.forEach((one, i) => checkTarget(one, `${path}.population[${i}].masks`, setup));
  checkTarget(state.best, `${path}.best.masks`, setup);
}
