import type { StoredSolution } from '../snapshot.ts';
import type { StepSizes } from './step-sizes.ts';
import type { Score } from '../contract.ts';
import type { StoredImportanceModel } from './importance-model.ts';
import type { StoredTradeoff } from './tradeoff-controller.ts';

/** A look at the current state on the validation images. */
export interface ValidationPoint {
  /** Number of evaluations so far, this one included. */
  readonly evaluations: number;
  /** Of all weights, the fraction of zeros. */
  readonly sparsity: number;
  readonly tuning: Score;
  readonly validation: Score;
}

/** Everything that changes, as plain JSON. */
export interface TunedAnnealingState {
  readonly version: 1;
  readonly evaluations: number;
  /** Those of them that were on validation images. */
  readonly validations: number;
  readonly accepted: number;
  readonly visit: number;
  /** Number of evaluations at which the visit ends, and the next check on the validation images is due. */
  readonly visitEnd: number;
  readonly nextValidation: number;
  /** Number of evaluations at which the choice last became better. */
  readonly improvedAt: number;
  /** Whether the current state has not been evaluated on the validation images. */
  readonly unvalidated: boolean;
  readonly ending: boolean;
  /** In nats; null before it was measured. */
  readonly temperature: number | null;
  /** Null before the unmasked network was evaluated. */
  readonly tradeoff: StoredTradeoff | null;
  readonly stepSizes: StepSizes;
  readonly digest: string;
  readonly unpruned: StoredSolution | null;
  readonly current: StoredSolution | null;
  readonly best: StoredSolution | null;
  /** The unmasked network and the best state, on the validation images. */
  readonly validationUnpruned: Score | null;
  readonly validationBest: Score | null;
  readonly importanceModel: StoredImportanceModel;
  readonly validationPoints: readonly ValidationPoint[];
  readonly front: readonly StoredSolution[];
}
