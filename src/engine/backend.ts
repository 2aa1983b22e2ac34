/**
 * The device contract: what a backend must implement to evaluate masks. A backend provides an `Engine`, which is one
 * open device, and a `NetworkRunner`, which carries out batch plans for one model and one image set. `EngineEvaluator`
 * (src/engine/evaluator.ts) does the rest: checks, plans, the order of calls and work counts. `EngineCalibrator`
 * (src/engine/calibrator.ts) does so for a `MomentsRunner`, which sums second moments of the inputs of layers.
 *
 * Implementations: webgpu/webgpu.ts, wasm/wasm.ts and reference/reference.ts.
 *
 * This file must not know any device API, how plans are made, or how a search works.
 */
import type { MasksearchError } from '../core/error.ts';
import type { ImageSet } from '../data/dataset.ts';
import type { LossSum } from '../kernels/loss-sum.ts';
import type { LayerParameters } from '../network/layer-parameters.ts';
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
  /**
   * A calibrator of `model`, the unpruned network, over `images`; uploads both once. Labels are not needed. Rejects like `evaluator`.
   */
  calibrator(model: Model, images: ImageSet): Promise<Calibrator>;
  /** Ends all work and frees the device. Closes the evaluators and calibrators of this engine too. */
  close(): Promise<void>;
}

/** Sums over the inputs of layers, from which the weights of a pruned network can be refitted. */
export interface Calibrator {
  /**
   * Second moments of the inputs of a layer, over all images and output positions, of every node that has its weights. Positions of a
   * convolution that pooling drops count too. The same bits for every number of threads. Calls wait for each other. Rejects with
   * 'limit-exceeded' if an output has more than `MAX_MOMENT_INPUTS` inputs, before anything is computed; with 'bad-input' for a layer that the network does not
   * have, or parameters that do not fit it; with 'aborted' once `signal` is, and with 'closed' after `close`.
   *
   * @param layer index in `problemOf(network).layers`
   * @param current parameters of the network whose inputs count, by name, pruned weights as zeros: as `Model.tensors`, all of them. The last
   * moments of a layer are known where the layers before it have the same arrays, so the contents of an array must not change
   */
  moments(
    layer: number,
    current: ReadonlyMap<string, Float32Array>,
    options?: MomentsOptions,
  ): Promise<Moments>;
  /** Number of its images. */
  readonly images: number;
  /** Waits for the call in progress, then frees its memory. */
  close(): Promise<void>;
}

export interface MomentsOptions {
  /** Sums over the first so many images; default: all. */
  readonly images?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The most inputs of an output that `Calibrator.moments` takes: the matrices have their square. */
export const MAX_MOMENT_INPUTS = 4096;

/**
 * Second moments of the inputs of a layer: x are the inputs of one output in the current network, x0 the same inputs in the unpruned network. Both have
 * the order of the output's weights, [in_channel, kernel_row, kernel_column], and a 1 for the bias at the end.
 */
export interface Moments {
  /** Groups of outputs that read different inputs: 1 for a dense layer and a plain convolution, one per channel for a depthwise one. */
  readonly groups: number;
  /** Inputs of an output, plus 1. */
  readonly size: number;
  /** Images times output positions, summed over the nodes that have the weights: what is summed over. */
  readonly samples: number;
  /** [group, size, size] sums of x xᵀ, symmetric. */
  readonly gram: Float64Array;
  /** [group, size, size] sums of x x0ᵀ, rows of x. The targets of an output are its unpruned weights and bias times x0. */
  readonly cross: Float64Array;
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

/** Which sums a call of `MomentsRunner.run` computes. Layers are those of `pairedLayers`. */
export interface MomentsPass {
  /** What is read under the weights, and where; the same sizes for all `uses`. */
  readonly groups: number;
  readonly size: number;
  /** Layers of the unpruned network whose inputs count, ascending. */
  readonly uses: readonly number[];
  /** Layers to run, ascending: those that inputs of `uses` depend on. */
  readonly run: readonly number[];
  /** Whether the current network has the same inputs, bit for bit: then its layers are not run, and `cross` is not computed. */
  readonly isSame: boolean;
  /** The first so many images. */
  readonly images: number;
}

/** Sums of `Moments`, [group, size, size]. */
export interface MomentSums {
  /** Its upper triangles; the rest may be anything. */
  readonly gram: Float64Array;
  /** Undefined if the inputs are the same in both networks. */
  readonly cross: Float64Array | undefined;
}

/** Sums second moments for one model and one image set, on one device. The calibrator makes one call at a time. */
export interface MomentsRunner {
  /** The error that made the device unusable; undefined as long as it is usable. */
  readonly failure?: MasksearchError | undefined;
  /**
   * @param current parameters of the current network, by its fused layers
   */
  run(
    pass: MomentsPass,
    current: readonly LayerParameters[],
    signal: AbortSignal | undefined,
  ): Promise<MomentSums>;
  close(): Promise<void>;
}
