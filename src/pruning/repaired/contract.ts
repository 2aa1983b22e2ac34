/** What a search over masks whose weights are repaired needs, and what can be seen of it while it runs. */
import type { Calibrator } from '../../engine/backend.ts';
import type { Model } from '../../network/model.ts';
import type { Repair } from '../../repair/repair.ts';
import type { CountingEvaluator, Problem, Progress, Solution } from '../../search/contract.ts';
import type { Speculation } from '../../search/speculation.ts';
import type { TunedSearch } from '../../search/tuned/annealing.ts';
import type { TunedParameters } from '../search/spec.ts';

/** How weights are repaired. */
export interface RepairSettings {
  readonly repair: Repair;
  /** See `RepairOptions.ridge`. */
  readonly ridge: number;
}

export interface RepairedSearchInput extends RepairSettings {
  /** The unpruned one. */
  readonly model: Model;
  readonly problem: Problem;
  readonly calibrator: Calibrator;
  /** On tuning images, by which steps are decided, and on validation images, by which states are chosen. */
  readonly evaluator: CountingEvaluator;
  readonly validationImages: number;
  readonly parameters: TunedParameters;
  /** Whether candidates get a `lossLimit`. Never changes the result. */
  readonly lossLimits: boolean;
  /** Never changes the result either. */
  readonly speculation: Speculation;
  /** Exchanges are searched by a population with generations of so many; without, one after the other. */
  readonly children?: number | undefined;
  /** Whether to search the whole front of sparsity and loss; default: what the goal asks for. */
  readonly pareto?: boolean | undefined;
  /** Seconds since the start. */
  readonly clock: () => number;
  readonly signal?: AbortSignal | undefined;
  /** Awaited before every call of the evaluator. */
  readonly gate?: (() => Promise<void> | undefined) | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** A state that a search has reached, with the weights that it would ship. */
export interface RepairedSolution extends Solution {
  readonly tensors: Model['tensors'];
}

/** What can be seen of a search from outside. */
export type SearchView = Pick<TunedSearch, 'best' | 'unpruned' | 'progress' | 'digest'> &
  Partial<Pick<TunedSearch, 'front' | 'validationPoints' | 'validation' | 'hypervolume'>>;
