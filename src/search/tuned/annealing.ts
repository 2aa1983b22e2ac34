/**
 * Simulated annealing, preset `tuned`: it prunes, restores and exchanges weights, one layer at a time and across layers, for
 * the sparsest network that meets a goal. Proposals are evaluated on the tuning images. The current solution is validated
 * now and then on other images, which are never tuned on: that sets how much loss a weight may cost, and chooses the result.
 */
import type { Problem, Search, Solution } from '../contract.ts';
import type { HypervolumeCourse } from '../population/pareto/hypervolume.ts';
import { SearchShell, type Snapshot } from '../shell.ts';
import { frontPoints } from './front.ts';
import { TunedMethod } from './method.ts';
import { TUNED_DEFAULTS, type TunedAnnealingOptions } from './options.ts';
import { setupOf } from './setup.ts';
import type { StoredTunedState, TunedState, ValidationPoint, ValidationScores } from './state.ts';

export type TunedAnnealingState = Snapshot<StoredTunedState>;

/** A search for a goal: what it has found besides the best solution. */
export interface TunedSearch<State = unknown> extends Search<State> {
  /**
   * The solutions for which no other one is sparser at a loss that is not higher, by rising sparsity. Of those within half
   * a per cent of sparsity only the one of the lowest loss counts.
   */
  readonly front: readonly Solution[];
  /** All validations, in their order; not that of the unpruned network. */
  readonly validationPoints: readonly ValidationPoint[];
  /** Undefined until the unpruned network was evaluated. */
  readonly validation: ValidationScores | undefined;
  /** Of a Pareto search: the hypervolume of the front as it grew. Absent for other searches, and before the first evaluation. */
  readonly hypervolume?: HypervolumeCourse | undefined;
}

/**
 * A search over `problem`, with `TUNED_DEFAULTS` for options that are not given. With a snapshot it continues the run that
 * the snapshot was taken from, bit for bit, if problem and options are the same.
 *
 * Throws 'bad-input' for an option out of range and for a snapshot that does not fit. `tell` throws 'infeasible' if the
 * unpruned network does not meet the goal.
 */
export function tunedAnnealing(
  problem: Problem,
  options: Partial<TunedAnnealingOptions> = {},
  snapshot?: TunedAnnealingState,
): TunedSearch<TunedAnnealingState> {
  return new TunedAnnealing(new TunedMethod(setupOf(problem, { ...TUNED_DEFAULTS, ...options })), snapshot);
}

class TunedAnnealing
  extends SearchShell<TunedState, StoredTunedState>
  implements TunedSearch<TunedAnnealingState>
{
  get front(): readonly Solution[] {
    return this.state ? frontPoints(this.state.front) : [];
  }

  get validationPoints(): readonly ValidationPoint[] {
    return this.state?.validationPoints ?? [];
  }

  get validation(): ValidationScores | undefined {
    return this.state?.validation;
  }
}
