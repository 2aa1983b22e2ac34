import type { StoredSolution } from '../snapshot.ts';
import type { Blocks } from './step-sizes.ts';
import type { Score } from './goal.ts';
import type { StoredLearning } from './importance-model.ts';
import type { StoredSteering } from './tradeoff-controller.ts';

/** A look at the current state on the selection images. */
export interface Check {
  /** Number of evaluations so far, this one included. */
  readonly evaluations: number;
  /** Of all weights, the fraction of zeros. */
  readonly sparsity: number;
  readonly optimised: Score;
  readonly selection: Score;
}

/** Everything that changes, as plain JSON. */
export interface TunedAnnealingState {
  readonly version: 1;
  readonly evaluations: number;
  /** Those of them that were on selection images. */
  readonly selections: number;
  readonly accepted: number;
  readonly visit: number;
  /** Number of evaluations at which the visit ends, and the next check on the selection images is due. */
  readonly visitEnd: number;
  readonly nextCheck: number;
  /** Number of evaluations at which the choice last became better. */
  readonly improvedAt: number;
  /** Whether the current state has not been judged on the selection images. */
  readonly unchecked: boolean;
  readonly ending: boolean;
  /** In nats; null before it was measured. */
  readonly temperature: number | null;
  /** Null before the unmasked network was judged. */
  readonly steering: StoredSteering | null;
  readonly blocks: Blocks;
  readonly digest: string;
  readonly baseline: StoredSolution | null;
  readonly current: StoredSolution | null;
  readonly best: StoredSolution | null;
  /** The unmasked network and the best state, on the selection images. */
  readonly selectionBaseline: Score | null;
  readonly selectionBest: Score | null;
  readonly learning: StoredLearning;
  readonly checks: readonly Check[];
  readonly front: readonly StoredSolution[];
}
