/** What a search has done and found so far. */
import { countPruned, sparsityOf } from '../../core/mask.ts';
import type { HistoryRow, Problem, Progress, Score, Solution } from '../../search/contract.ts';
import { EMPTY_DIGEST, extendDigest } from '../../search/digest.ts';
import type { RunResult } from '../../search/run.ts';
import {
  hypervolume,
  referenceLossOf,
  type HypervolumeCourse,
  type HypervolumePoint,
} from '../../search/population/pareto/hypervolume.ts';
import { measuresOf } from '../../search/shell.ts';
import { Front } from '../../search/tuned/front.ts';
import { changedShare } from '../../search/tuned/moves/moves.ts';
import type { ValidationPoint, ValidationScores } from '../../search/tuned/state.ts';
import type { RepairedNetwork } from '../../repair/round.ts';
import type { TunedParameters } from '../search/spec.ts';
import type { RepairedSolution, SearchView } from './contract.ts';

export class SearchRecord implements SearchView {
  readonly #problem: Problem;
  readonly #parameters: Pick<TunedParameters, 'evaluations'>;
  readonly #isPareto: boolean;
  readonly #front = new Front();
  readonly #hypervolume: HypervolumePoint[] = [];
  readonly #history: HistoryRow[] = [];
  readonly #validationPoints: ValidationPoint[] = [];
  #unpruned: RepairedSolution | undefined;
  #current: RepairedSolution | undefined;
  #best: RepairedSolution | undefined;
  #validation: ValidationScores | undefined;
  #digest = EMPTY_DIGEST;
  #evaluations = 0;
  #validations = 0;
  #accepted = 0;
  #improvedAt = 0;
  /** Undefined in a round, which is about all layers. */
  #layer: number | undefined;

  /** @param isPareto whether the hypervolume of the front is measured */
  constructor(problem: Problem, parameters: Pick<TunedParameters, 'evaluations'>, isPareto = false) {
    this.#isPareto = isPareto;
    this.#problem = problem;
    this.#parameters = parameters;
  }

  get unpruned(): RepairedSolution | undefined {
    return this.#unpruned;
  }

  get current(): RepairedSolution | undefined {
    return this.#current;
  }

  get best(): RepairedSolution | undefined {
    return this.#best;
  }

  get validation(): ValidationScores | undefined {
    return this.#validation;
  }

  get validationPoints(): readonly ValidationPoint[] {
    return this.#validationPoints;
  }

  get front(): readonly Solution[] {
    return this.#front.points;
  }

  get hypervolume(): HypervolumeCourse | undefined {
    if (!this.#isPareto || !this.#unpruned) return undefined;
    return { referenceLoss: referenceLossOf(this.#unpruned), points: this.#hypervolume };
  }

  get digest(): string {
    return this.#digest;
  }

  /** Number of evaluations at which the best solution was found. */
  get improvedAt(): number {
    return this.#improvedAt;
  }

  get progress(): Progress {
    const evaluations = this.#evaluations;
    const total = Number.isFinite(this.#parameters.evaluations) ? this.#parameters.evaluations : evaluations;
    return {
      layer: this.#layer === undefined ? '' : this.#problem.layers[this.#layer]!.name,
      step: evaluations,
      steps: total,
      proposals: evaluations,
      totalProposals: total,
      validations: this.#validations,
      accepted: this.#accepted,
      current: this.#current,
    };
  }

  /** The layer that is searched from now on; undefined: all. */
  enter(layer: number | undefined): void {
    this.#layer = layer;
  }

  count(evaluations: number, validations: number): void {
    this.#evaluations += evaluations;
    this.#validations += validations;
  }

  /** Takes back evaluations that were of no use. */
  uncount(evaluations: number): void {
    this.#evaluations -= evaluations;
  }

  start(network: RepairedNetwork, tuning: Score, validation: Score): RepairedSolution {
    const solution = solutionOf(network, tuning);
    this.#unpruned = solution;
    this.#current = solution;
    this.#best = solution;
    this.#validation = { unpruned: validation, best: validation };
    this.#front.add(solution);
    return solution;
  }

  /** A new state, with its score on the tuning images. */
  accept(
    network: RepairedNetwork,
    score: Score,
    { layer, before }: { readonly layer: number | undefined; readonly before: RepairedNetwork },
  ): RepairedSolution {
    const solution = solutionOf(network, score);
    // Positions are those of layers; the one behind the last stands for all.
    const position = layer === undefined ? this.#problem.depth : this.#problem.layers[layer]!.position;
    this.#current = solution;
    this.#accepted++;
    this.#front.add(solution);
    this.#digest = extendDigest(this.#digest, position, this.#evaluations, solution);
    this.#history.push({
      layer: position,
      evaluation: this.#evaluations,
      mutationRate: changedShare(before.masks, solution.masks),
      ...measuresOf(solution),
      globalSparsity: solution.sparsity.global,
    });
    return solution;
  }

  /** @param target zeros to end with; undefined for as many as the goal allows */
  validate(solution: RepairedSolution, score: Score, isWithin: boolean, target: number | undefined): void {
    const evaluations = this.#evaluations;
    this.#digest = extendDigest(this.#digest, this.#problem.depth, evaluations, { masks: [], ...score });
    this.#validationPoints.push({
      evaluations,
      sparsity: solution.sparsity.global,
      tuning: { loss: solution.loss, accuracy: solution.accuracy },
      validation: score,
    });
    if (this.#isPareto)
      this.#hypervolume.push({
        evaluations,
        value: hypervolume(this.front, referenceLossOf(this.#unpruned!)),
      });
    const [zeros, most] = [countPruned(solution.masks), countPruned(this.#best!.masks)];
    const isSparser = zeros > most && zeros <= (target ?? Infinity);
    const isLower = zeros === most && score.loss < this.#validation!.best.loss;
    if (!isWithin || !(isSparser || isLower)) return;
    this.#best = solution;
    this.#validation = { unpruned: this.#validation!.unpruned, best: score };
    this.#improvedAt = evaluations;
  }

  result(completed: boolean): RunResult {
    return {
      unpruned: this.#unpruned!,
      best: this.#best!,
      history: this.#history,
      digest: this.#digest,
      completed,
      progress: this.progress,
    };
  }
}

function solutionOf({ masks, tensors }: RepairedNetwork, { loss, accuracy }: Score): RepairedSolution {
  return { masks, tensors, loss, accuracy, sparsity: sparsityOf(masks), cost: loss };
}
