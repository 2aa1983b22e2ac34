/**
 * What one `prune` run found, as result.json holds it. Losses are in nats, those of a regression without unit: see `Score`; accuracies
 * and sparsities are fractions.
 */
import type { DeadOutputs } from '../../core/dead-outputs.ts';
import type { Sparsity } from '../../core/mask.ts';
import type { EvaluatorWork, Score } from '../../search/contract.ts';
import { jsonText } from '../text/json.ts';
import type { ResultTask } from '../text/measures.ts';

export type Method = 'sa' | 'ga';
export type Preset = 'paper' | 'tuned';

export interface ResultLayer {
  readonly name: string;
  /** Index among all layers of the network; the `layer` column of history.csv. */
  readonly position: number;
  readonly shape: readonly number[];
  /** Number of weights, pruned ones included. */
  readonly weights: number;
  /** Number of weights that the final mask keeps. */
  readonly kept: number;
}

/** The device that evaluated the candidates. Texts come from its driver and may be empty. */
export interface ResultDevice {
  readonly kind: 'webgpu' | 'wasm' | 'reference';
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
}

/** The result evaluated again on the WebGPU kernels and on the float64 reference. */
export interface KernelCheck {
  /** Description of the adapter that ran the kernels. */
  readonly adapter: string;
  /** Whether it is a GPU emulated on the processor. */
  readonly software: boolean;
  /** Number of images that both losses are the mean of. */
  readonly images: number;
  /** Loss by the WebGPU kernels. */
  readonly loss: number;
  /** Loss of the same masks on the same images by the float64 reference. */
  readonly referenceLoss: number;
  /** Accuracy by the WebGPU kernels, a fraction. */
  readonly accuracy?: number | undefined;
}

/** What a run could afford: options that repeat it are those of these names with these values. */
export interface ResultBudget {
  /** Of the split, validation images included. */
  readonly images: number;
  readonly evaluations: number;
  /** Absent if it is what it would have been. */
  readonly calibration?: number;
  /** Repairing would have taken too long. */
  readonly repair?: 'none';
  /** Of the search, from the time of one candidate. */
  readonly estimatedSeconds: number;
  /** What it would have been by default. */
  readonly instead: {
    readonly images: number;
    readonly evaluations: number;
    readonly estimatedSeconds: number;
  };
  /** The command that repeats the run. Absent in a browser. */
  readonly command?: string;
}

/** How a class does on the test images. */
export interface ClassAccuracy {
  /** Its name in the data or, where they have none, its number. */
  readonly name: string;
  /** Number of its test images. */
  readonly images: number;
  /** Fraction of them that is classified correctly by the unpruned and by the pruned network. */
  readonly unpruned: number;
  readonly pruned: number;
}

/** Which data a run used. */
export interface ResultData {
  /**
   * Hexadecimal SHA-256 over the tuning and validation images and, if they were held out, the test images, with their labels. Results
   * before 0.3 lack it.
   */
  readonly digest?: string;
  /** Sentences on what was assumed about the data. Absent if there are none. */
  readonly notes?: readonly string[];
}

/** What was said about the model beside its file, as options. */
export interface ResultReading {
  /** Path of the file with the network. */
  readonly architecture?: string | undefined;
  readonly activation?: string | undefined;
  readonly pooling?: string | undefined;
  readonly flatten?: string | undefined;
  readonly mean?: number | readonly number[] | undefined;
  readonly std?: number | readonly number[] | undefined;
  readonly scale?: number | undefined;
  readonly task?: ResultTask | undefined;
}

export interface ResultWork extends EvaluatorWork {
  /** Multiply-accumulates that the same search would have needed without optimizations. */
  readonly plainMacs: number;
}

/** The result, or an accepted state that no other beats in both sparsity and loss on the tuning images. */
export interface FrontPoint {
  /** Number of pruned weights. */
  readonly zeros: number;
  readonly sparsity: Sparsity;
  /** On the tuning images. */
  readonly tuning: Score;
  readonly validation: Score;
  /** Absent if the search saw the test images. */
  readonly test?: Score;
  /** Whether this is the result. */
  readonly final: boolean;
}

/** How the weights that stay were adjusted. */
export interface ResultRepair {
  /** `bias`, `affine` or `least-squares`. */
  readonly repair: string;
  readonly ridge: number;
  /** Number of images that weights were fitted on. */
  readonly calibration: number;
  /** The split of these, and of the tuning images; they are the tuning images themselves where it is that of the run. */
  readonly split: string;
}

/** Area under the ROC curve, mean over the outputs: 1 separates the answers perfectly, 0.5 is chance. */
export interface AreaUnderCurve {
  readonly unpruned: number;
  readonly pruned: number;
  /** Outputs that the test images have one answer for only, from 0: they have no area. */
  readonly leftOut?: readonly number[];
}

export interface PruneResult {
  readonly method: Method;
  readonly preset: Preset;
  readonly seed: string;
  /** False if the search was interrupted: `final` is then the best that it had found. */
  readonly completed: boolean;
  readonly device: ResultDevice;
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
  /** Absent unless the default would have taken much longer than a minute. */
  readonly budget?: ResultBudget;
  /** Absent if weights stayed as they were. The masks do not stand alone then: they need the weights of the pruned model. */
  readonly repair?: ResultRepair;
  /** What was pruned: a path, or "the bundled model". */
  readonly model: string;
  /** What the network is for; `classes` if absent, as before 0.4. */
  readonly task?: ResultTask;
  /** Hexadecimal SHA-256 over the model as a safetensors file. */
  readonly modelDigest: string;
  /** Absent if nothing was said. */
  readonly reading?: ResultReading;
  /** Path of the masks, or the folder of the run, that the search started from. Absent if it started from the model as it was. */
  readonly from?: string;
  readonly data?: ResultData;
  /** Number of tuning images; validation images are not among them. */
  readonly images: number;
  /** Name of the split that tuning and validation images are from. */
  readonly split: string;
  /** False if the search saw the test images: there are no test figures then. */
  readonly heldOut: boolean;
  /** Weights that were pruned from the start: 0 in the model, or in the masks of `from`. Absent if there were none. */
  readonly alreadyPruned?: { readonly zeros: number; readonly sparsity: Sparsity };
  /** The unpruned network on the tuning images. */
  readonly unpruned: Score;
  /** The pruned network on the tuning images. */
  readonly final: Score & {
    /** The objective of the search at this state. */
    readonly cost: number;
    /** `perLayer` is in the order of `layers`. */
    readonly sparsity: Sparsity;
  };
  /** Images of the same split that a tuned search did not tune on, but chose the result by. Absent for the article’s searches. */
  readonly validation?: { readonly images: number; readonly unpruned: Score; readonly pruned: Score };
  /** Absent if `heldOut` is false. */
  readonly test?: {
    readonly unpruned: Score;
    /** The masks alone, on the weights that came; absent if nothing was repaired. */
    readonly frozen?: Score;
    readonly pruned: Score;
    /** Those that there are test images of, by their numbers. Results before 0.3 lack them. */
    readonly classes?: readonly ClassAccuracy[];
    /** Of a task `binary`. */
    readonly auc?: AreaUnderCurve;
  };
  /** Some states of the front of a tuned search, the result among them, by rising sparsity. */
  readonly front?: readonly FrontPoint[];
  /**
   * Of a Pareto search: the share of the rectangle between a reference point and a sparsity of 1 without loss that the front dominates on the
   * tuning images, as it grew. The reference point has a global sparsity of 0 and `referenceLoss`: twice the loss of the unpruned network, but at
   * least 0.1 above it.
   */
  readonly hypervolume?: {
    readonly referenceLoss: number;
    readonly points: readonly { readonly evaluations: number; readonly value: number }[];
  };
  /** Outputs that the result of a tuned search has cut off: those with no kept weight before or after them. */
  readonly deadOutputs?: readonly DeadOutputs[];
  /** See `tradeOffScore`; on the test images if they were held out, else on the tuning images. Absent without accuracy. */
  readonly tradeOff?: number;
  readonly layers: readonly ResultLayer[];
  readonly work: ResultWork;
  /** Of the search alone. */
  readonly seconds: number;
  /** Hexadecimal SHA-256 over every accepted step or generation: equal digests mean equal runs. */
  readonly digest: string;
  /** Of masksearch. */
  readonly version: string;
  readonly check?: KernelCheck;
}

/**
 * The article's score: sparsity times the share of the accuracy that is left. All three are fractions, the accuracies on
 * the same images. NaN if the unpruned accuracy is 0 and the other too.
 */
export function tradeOffScore(meanLayerSparsity: number, accuracy: number, unprunedAccuracy: number): number {
  return (meanLayerSparsity * accuracy) / unprunedAccuracy;
}

/** The text of result.json. Numbers that are not finite are strings: see `jsonText`. */
export function resultJson(result: PruneResult): string {
  return jsonText(result);
}
