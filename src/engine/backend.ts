/**
 * The device contract: what a backend must implement to evaluate masks. A backend provides an `Engine`, which is one
 * open device, and a `NetworkRunner`, which carries out batch plans for one model and one image set. `EngineEvaluator`
 * (src/engine/evaluator.ts) does the rest: checks, plans, the order of calls and work counts.
 *
 * Implementations: webgpu/webgpu.ts, wasm/wasm.ts and reference/reference.ts.
 *
 * This file must not know any device API, how plans are made, or how a search works.
 */
import type { MasksearchError } from '../core/error.ts';
import type { ImageSet } from '../data/dataset.ts';
import type { LossSum } from '../kernels/loss-sum.ts';
import type { Model } from '../network/model.ts';
import type { CountingEvaluator } from '../search/contract.ts';
import type { Optimizations } from './optimizations.ts';
import type { NetworkState } from './plan/network-state.ts';
import type { BatchPlan } from './plan/prefix-cache.ts';

export interface DeviceInfo {
  readonly kind: 'webgpu' | 'wasm' | 'reference';
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** A GPU emulated on the processor, or no GPU at all. */
  readonly software: boolean;
}

/** The driver's description of a device, or vendor and architecture if the description is empty. */
export function deviceName({
  description,
  vendor,
  architecture,
}: Omit<DeviceInfo, 'kind' | 'software'>): string {
  return description || `${vendor} ${architecture}`.trim();
}

/** Options that every backend takes. None of them changes a result. */
export interface EvaluatorOptions {
  /** Optimizations to switch off; those not named are on. */
  readonly optimizations?: Partial<Optimizations> | undefined;
  /**
   * Whether to time several tilings of each kernel and use the fastest, which takes some seconds. Default: only on a
   * hardware GPU. Ignored by backends whose kernels have one tiling.
   */
  readonly tune?: boolean | undefined;
  /** Bytes for cached activations; beyond them layers are computed again. Default: `DEFAULT_CACHE_BYTES`. */
  readonly memory?: number | undefined;
}

export const DEFAULT_CACHE_BYTES = 2 ** 30;

/** One open device. */
export interface Engine {
  readonly device: DeviceInfo;
  /** Bytes for the caches of all evaluators that are open at once. Default: `DEFAULT_CACHE_BYTES`. */
  readonly memory?: number | undefined;
  /**
   * An evaluator of `model` over `images`; uploads both once. Rejects with 'bad-input' if they do not fit each other
   * and with 'limit-exceeded' if they do not fit the device.
   */
  evaluator(model: Model, images: ImageSet, options?: EvaluatorOptions): Promise<CountingEvaluator>;
  /** Ends all work and frees the device. Closes the evaluators of this engine too. */
  close(): Promise<void>;
}

/** One candidate of a batch, as a runner gets it. */
export interface Job extends NetworkState {
  /**
   * In `LOSS_UNITS`; Infinity for no limit. Once the sum of losses is above it, the runner may stop: the exact sum no
   * longer matters.
   */
  readonly sumLimit: number;
}

/** The result of a job. */
export interface JobResult {
  /** Over the first `images` images that the runner visited. */
  readonly sum: LossSum;
  /** All images, or fewer if `sum` is above the job's `sumLimit`. */
  readonly images: number;
}

/** The result of a job over all images, with the outputs of the network: [image][output] f32, in the images' own order. */
export interface OutputsResult {
  readonly sum: LossSum;
  readonly outputs: Float32Array;
}

/**
 * Runs the layers of one network over one image set, on one device. The evaluator makes one call at a time: `reorder`
 * or `run`.
 */
export interface NetworkRunner {
  readonly images: number;
  /** The most jobs that one call of `run` takes. */
  readonly maxBatch: number;
  /** Bytes that `run` and `reorder` have written to the device. */
  readonly uploadedBytes: number;
  /** Whether several jobs in one call may take less time than one call each. */
  readonly parallel: boolean;
  /** Whether pruned weights take no time. */
  readonly skipsPruned: boolean;
  /** Cuts whose tensors it can cache, ascending; see `BatchPlan`. Undefined: all. */
  readonly cuts?: readonly number[] | undefined;
  /** The error that made the device unusable; undefined as long as it is usable. */
  readonly failure?: MasksearchError | undefined;
  /**
   * From now on visits the highest-loss images first, by the losses of the last job that ran over all images. Cached
   * activations stay valid. Does nothing if no such losses are known.
   */
  reorder(signal?: AbortSignal): Promise<void>;
  /** One result per job, in order. Rejects with 'aborted' if `signal` is aborted. */
  run(plan: BatchPlan, jobs: readonly Job[], signal?: AbortSignal): Promise<readonly JobResult[]>;
  /** All layers under `state`, from the images on. What is cached stays valid. */
  runOutputs(state: NetworkState, signal?: AbortSignal): Promise<OutputsResult>;
  close(): Promise<void>;
}
