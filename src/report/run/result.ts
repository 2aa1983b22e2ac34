/** What one `prune` run found, as `result.json` holds it. */
import type { EvaluatorWork, Score } from '../../search/contract.ts';
import type { Sparsity } from '../../core/mask.ts';
import { jsonText } from '../text/json.ts';

export type Method = 'sa' | 'ga';
export type Preset = 'paper' | 'tuned';

export type { Score };

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

/** The device that evaluated the candidates. Texts come from the driver and may be empty. */
export interface ResultDevice {
  readonly kind: 'webgpu' | 'wasm' | 'reference';
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
}

/** The final masks evaluated once more on the WebGPU kernels. */
export interface KernelCheck {
  /** Description of the adapter that ran the kernels. */
  readonly adapter: string;
  /** A GPU emulated on the processor. */
  readonly software: boolean;
  /** Number of images that both losses are the mean of. */
  readonly images: number;
  /** Loss by the WebGPU kernels, in nats. */
  readonly loss: number;
  /** Loss of the same masks on the same images by the evaluator that the kernels are held against, in nats. */
  readonly referenceLoss: number;
  /** Accuracy by the WebGPU kernels, a fraction. */
  readonly accuracy?: number;
}

export interface ResultWork extends EvaluatorWork {
  /** Multiply-accumulates of a search without prefix cache, early rejection or speculation. */
  readonly plainMacs: number;
}

/** A state that the search accepted. */
export interface FrontPoint {
  /** Number of pruned weights. */
  readonly zeros: number;
  readonly sparsity: Sparsity;
  /** On the images tuned on. */
  readonly search: Score;
  readonly validation: Score;
  /** Absent if the search saw the test images. */
  readonly test?: Score;
  /** Whether these are the final masks. */
  readonly final: boolean;
}

export interface DeadOutputs {
  /** Name of the layer whose outputs they are. */
  readonly layer: string;
  /** Of all its outputs. */
  readonly units: number;
  /** Indices of outputs that no kept weight leads to, and of those that no kept weight uses. */
  readonly withoutInputs: readonly number[];
  readonly unused: readonly number[];
}

/** Losses are in nats; accuracies and sparsities are fractions. */
export interface PruneResult {
  readonly method: Method;
  readonly preset: Preset;
  readonly seed: string;
  /** False if the search was interrupted: `final` is the best it had found by then. */
  readonly completed: boolean;
  readonly device: ResultDevice;
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
  /** What was pruned: a path, or "the bundled model". */
  readonly model: string;
  /** Hexadecimal SHA-256 over that model as a safetensors file. */
  readonly modelDigest: string;
  /** Number of images that the search evaluated candidates by; those it chose by come on top. */
  readonly images: number;
  /** Name of the split that those images are. */
  readonly split: string;
  /** False if the search saw test images: there are no test figures then. */
  readonly heldOut: boolean;
  /** The unpruned network, on the images searched. */
  readonly unpruned: Score;
  /** The pruned network, on the images searched. */
  readonly final: Score & {
    /** What the search minimised. */
    readonly cost: number;
    /** `perLayer` is in the order of `layers`. */
    readonly sparsity: Sparsity;
  };
  /** Images held back from optimisation, of the same split, that the search chose by; absent where it did not. */
  readonly validation?: { readonly images: number; readonly unpruned: Score; readonly pruned: Score };
  /** Absent if `heldOut` is false. */
  readonly test?: { readonly unpruned: Score; readonly pruned: Score };
  /** Of a tuned search, states of which none is both sparser and of lower loss, by rising sparsity; and the final one. */
  readonly front?: readonly FrontPoint[];
  /** Units that a tuned search has cut off: no weight leads to them, or none from them. */
  readonly deadOutputs?: readonly DeadOutputs[];
  /** See `tradeOffScore`; on the test images if they were held out, else on the images searched. */
  readonly tradeOff: number;
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
 * The article's score: sparsity times the share of the accuracy that is left; NaN where the unpruned network has no
 * image right. All three are fractions of the same network and images.
 */
export function tradeOffScore(meanLayerSparsity: number, accuracy: number, unprunedAccuracy: number): number {
  return (meanLayerSparsity * accuracy) / unprunedAccuracy;
}

/** The text of result.json, with a line end; numbers that are not finite are texts: see `jsonText`. */
export function resultJson(result: PruneResult): string {
  return jsonText(result);
}
