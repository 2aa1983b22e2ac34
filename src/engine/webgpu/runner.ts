/**
 * Runs batch plans on a WebGPU device. A batch writes the bits of its new masks and one record per candidate, is one
 * submission, and reads back a few words per candidate.
 */
import type { MasksearchError } from '../../core/error.ts';
import type { ImageSet } from '../../data/dataset.ts';
import { fuse } from '../../network/fuse.ts';
import type { Model } from '../../network/model.ts';
import { QUAD, quadsOf } from '../../kernels/spec.ts';
import type { Job, JobResult, NetworkRunner, OutputsResult } from '../backend.ts';
import { putOutputs } from '../outputs.ts';
import type { Chunk } from '../plan/chunks.ts';
import { checkAborted } from '../check-aborted.ts';
import type { Optimizations } from '../optimizations.ts';
import { sameParametersFrom, type NetworkState } from '../plan/network-state.ts';
import type { BatchPlan } from '../plan/prefix-cache.ts';
import { targetsOf } from '../targets.ts';
import { BatchEncoder } from './batch-encoder.ts';
import { compileNetwork, type CompileOptions } from './compiled-network.ts';
import { DeviceNetwork, type MemoryOptions } from './device-network.ts';
import { BufferSet } from './device/buffer-set.ts';
import { BUFFER_USAGE, MAP_READ } from './device/constants.ts';
import type { GpuContext } from './device/context.ts';
import type { Pipelines } from './device/pipelines.ts';
import { FIRST_CANDIDATE } from './dispatch-params.ts';
import type { ImageBuffer } from './image-buffer.ts';
import { ImageOrder } from './image-order.ts';
import type { Tuner } from './tuning/tuner.ts';

export interface RunnerOptions extends CompileOptions, MemoryOptions {
  /** Whether the evaluator may measure the batch width. Default: on hardware only. */
  readonly parallel?: boolean;
}

interface CreateOptions extends RunnerOptions {
  /** Whether the adapter computes on the processor. */
  readonly software: boolean;
  readonly optimizations: Optimizations;
}

/** An open device with its compiled kernels, which all runners of an engine share. */
export interface RunnerDevice {
  readonly context: GpuContext;
  readonly pipelines: Pipelines;
  readonly tuner: Tuner;
}

export class WebGpuRunner implements NetworkRunner {
  readonly images: number;
  readonly skipsPruned = false;
  readonly parallel: boolean;
  readonly cuts: readonly number[];
  readonly #context: GpuContext;
  readonly #buffers: BufferSet;
  readonly #network: DeviceNetwork;
  readonly #order: ImageOrder;
  readonly #encoder: BatchEncoder;

  /**
   * Compiles the network and uploads parameters and images. Rejects with 'limit-exceeded', 'shader-failed' or
   * 'gpu-failed' if the device cannot run them.
   */
  static async create(
    { context, pipelines, tuner }: RunnerDevice,
    model: Model,
    images: ImageSet,
    options: CreateOptions,
  ): Promise<WebGpuRunner> {
    const { software, optimizations, parallel = !software } = options;
    const targets = targetsOf(model, images);
    const layers = fuse(model.network);
    const compiled = await compileNetwork(pipelines, tuner, layers, targets.loss, images.count, options);
    const buffers = new BufferSet(context);
    const { earlyRejection } = optimizations;
    try {
      // Everything is uploaded in one scope, which catches whatever the device refuses.
      const network = await context.scoped(
        'the upload of the model and the images',
        () =>
          new DeviceNetwork(context, buffers, {
            ...options,
            ...{ model, images, targets, compiled, earlyRejection },
          }),
      );
      return new WebGpuRunner(context, buffers, network, images.count, parallel);
    } catch (error) {
      buffers.destroyAll();
      throw error;
    }
  }

  private constructor(
    context: GpuContext,
    buffers: BufferSet,
    network: DeviceNetwork,
    images: number,
    parallel: boolean,
  ) {
    this.#context = context;
    this.#buffers = buffers;
    this.#network = network;
    this.images = images;
    this.parallel = parallel;
    this.cuts = network.tensors.cuts;
    this.#order = new ImageOrder(network);
    this.#encoder = new BatchEncoder(network, this.#order);
  }

  get failure(): MasksearchError | undefined {
    return this.#context.failure;
  }

  get maxBatch(): number {
    return this.#network.maxBatch;
  }

  get uploadedBytes(): number {
    return this.#network.writtenBytes;
  }

  reorder(): Promise<void> {
    this.#order.request();
    return Promise.resolve();
  }

  /** Jobs that differ in parameters do not run side by side: each run of jobs with the same is a submission. */
  async run(plan: BatchPlan, jobs: readonly Job[], signal?: AbortSignal): Promise<readonly JobResult[]> {
    const { start } = plan;
    const results: JobResult[] = [];
    for (let first = 0; first < jobs.length; first = results.length) {
      const { parameters } = jobs[first]!;
      let end = first + 1;
      while (end < jobs.length && sameParametersFrom(parameters, jobs[end]!.parameters, start)) end++;
      const extend = first === 0 ? plan.extend : undefined;
      results.push(...(await this.#run({ extend, start }, jobs.slice(first, end), signal)));
    }
    return results;
  }

  async #run(plan: BatchPlan, jobs: readonly Job[], signal?: AbortSignal): Promise<readonly JobResult[]> {
    checkAborted(signal);
    const states = FIRST_CANDIDATE + jobs.length;
    try {
      const results = await this.#context.scoped('a batch of candidates', () => {
        this.#submit(plan, jobs);
        return this.#network.candidates.read(states);
      });
      this.#order.remember(results);
      return results.slice(FIRST_CANDIDATE);
    } catch (error) {
      this.#network.release();
      this.#order.forget();
      throw error;
    }
  }

  #submit(plan: BatchPlan, jobs: readonly Job[]): void {
    const { candidates, imageBuffers } = this.#network;
    const states = FIRST_CANDIDATE + jobs.length;
    this.#network.upload(plan, jobs);
    const encoder = this.#context.device.createCommandEncoder({ label: 'batch' });
    candidates.encodeClear(encoder, states);
    const pass = encoder.beginComputePass({ label: 'batch' });
    for (const imageBuffer of imageBuffers) this.#encoder.encode(pass, imageBuffer, plan, jobs.length);
    pass.end();
    candidates.encodeReadback(encoder, states);
    this.#context.device.queue.submit([encoder.finish()]);
  }

  async runOutputs(state: NetworkState, signal?: AbortSignal): Promise<OutputsResult> {
    const { imageBuffers, tensors, candidates } = this.#network;
    const width = tensors.sizes.at(-1)!;
    const outputs = new Float32Array(this.images * width);
    const job = { ...state, sumLimit: Infinity };
    const sum = { units: 0, correct: 0 };
    let before = 0;
    try {
      for (const imageBuffer of imageBuffers) {
        for (const chunk of imageBuffer.chunks) {
          checkAborted(signal);
          const { first, count } = chunk;
          const rows = await this.#context.scoped('the outputs of the network', () => {
            this.#network.upload({ extend: undefined, start: 0 }, [job]);
            return this.#readOutputs(imageBuffer, chunk);
          });
          const [, result] = await candidates.read(FIRST_CANDIDATE + 1);
          sum.units += result!.sum.units;
          sum.correct += result!.sum.correct;
          const images = Array.from({ length: count }, (_, i) => before + first + i);
          putOutputs(outputs, rows, { width, stride: quadsOf(count) * QUAD, images });
        }
        before += imageBuffer.images;
      }
      return { sum, outputs };
    } catch (error) {
      this.#network.release();
      throw error;
    } finally {
      // The losses that images were to be ranked by were overwritten.
      this.#order.forget();
    }
  }

  /** Runs one candidate over a chunk and reads its outputs: [output, place]. */
  async #readOutputs(imageBuffer: ImageBuffer, chunk: Chunk): Promise<Float32Array> {
    const { candidates, tensors } = this.#network;
    const bytes = tensors.sizes.at(-1)! * quadsOf(chunk.count) * QUAD * 4;
    const host = this.#buffers.create('outputs', bytes, BUFFER_USAGE.mapRead | BUFFER_USAGE.copyTarget);
    try {
      const encoder = this.#context.device.createCommandEncoder({ label: 'outputs' });
      candidates.encodeClear(encoder, FIRST_CANDIDATE + 1);
      const pass = encoder.beginComputePass({ label: 'outputs' });
      this.#encoder.encodeOutputs(pass, imageBuffer, chunk);
      pass.end();
      encoder.copyBufferToBuffer(this.#encoder.outputs, 0, host, 0, bytes);
      candidates.encodeReadback(encoder, FIRST_CANDIDATE + 1);
      this.#context.device.queue.submit([encoder.finish()]);
      await host.mapAsync(MAP_READ);
      return new Float32Array(host.getMappedRange().slice(0));
    } finally {
      this.#buffers.destroy(host);
    }
  }

  async close(): Promise<void> {
    this.#buffers.destroyAll();
    this.#network.dispatcher.clear();
    return Promise.resolve();
  }
}
