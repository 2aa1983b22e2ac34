/** What is known of the sensitivity of each layer: the contents of sensitivity.json. */
import type { Score } from '../../search/contract.ts';
import type { ResultDevice } from '../run/result.ts';
import { jsonText } from '../text/json.ts';
import type { ResultTask } from '../text/measures.ts';

/** One layer alone at one sparsity, all other layers unpruned. */
export interface SensitivityPoint {
  /** Of this layer, as asked for. */
  readonly sparsity: number;
  /** Weights of this layer that are 0: the nearest whole number, or more where more are 0 in the model already. */
  readonly zeros: number;
  /** The weights of least |w| pruned, all others as they are. */
  readonly frozen: Score;
  /**
   * The weights pruned whose loss adds least to the error of the layer's outputs, all others fitted by least squares. Undefined for a layer that cannot be
   * repaired, and if no repair was wanted.
   */
  readonly repaired?: Score | undefined;
}

export interface LayerSensitivity {
  readonly name: string;
  /** Shape of the weight tensor, outputs first. */
  readonly shape: readonly number[];
  readonly weights: number;
  /** By rising sparsity. */
  readonly points: readonly SensitivityPoint[];
}

/** Loss and accuracy over the sparsity of each layer alone. */
export interface Sensitivity {
  readonly unpruned: Score;
  /** In network order. */
  readonly layers: readonly LayerSensitivity[];
}

export interface SensitivityResult extends Sensitivity {
  readonly version: string;
  /** A path, or "the bundled model". */
  readonly model: string;
  readonly task: ResultTask;
  readonly split: string;
  /** Number of images that scores are of. */
  readonly images: number;
  /** Number of images that weights were fitted on; absent without repair. */
  readonly calibration?: number | undefined;
  readonly device: ResultDevice;
  readonly seconds: number;
}

export const sensitivityJson = (result: SensitivityResult): string => jsonText(result);
