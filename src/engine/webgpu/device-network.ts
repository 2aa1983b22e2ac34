/**
 * A network with its images on the device. Parameters and images are uploaded once. What batches need is created on
 * demand and kept: mask slots, candidates' records and states, the arena.
 */
import type { ImageSet } from '../../data/dataset.ts';
import { QUAD, quadsOf } from '../../kernels/spec.ts';
import type { FusedLayer } from '../../network/fused-layer.ts';
import type { Model } from '../../network/model.ts';
import { DEFAULT_CACHE_BYTES, type Job } from '../backend.ts';
import type { NetworkState } from '../plan/network-state.ts';
import type { BatchPlan } from '../plan/prefix-cache.ts';
import type { Targets } from '../targets.ts';
import { Arena, DEFAULT_ARENA_BYTES } from './arena.ts';
import { CandidateTable } from './candidate-table.ts';
import type { CompiledLayer, CompiledNetwork } from './compiled-network.ts';
import type { BufferSet } from './device/buffer-set.ts';
import type { GpuContext } from './device/context.ts';
import { DeviceParameters } from './device-parameters.ts';
import { Dispatcher } from './device/dispatcher.ts';
import { DispatchParams } from './dispatch-params.ts';
import { ImageBuffer } from './image-buffer.ts';
import { MaskSlots } from './mask-slots.ts';
import { splitImages, type SplitOptions } from './split-images.ts';
import { TensorPlan } from './tensor-plan.ts';

/** Multiply-accumulates of one submission at most: drivers abort a submission that takes seconds. */
const MAX_SUBMISSION_MACS = 1e12;

export interface MemoryOptions extends SplitOptions {
  /** Bytes for activations of candidates. More bytes let more candidates run side by side. Default: 64 MiB. */
  readonly arenaBytes?: number;
  /** See `EvaluatorOptions`. */
  readonly memory?: number | undefined;
}

export interface DeviceNetworkOptions extends MemoryOptions {
  readonly model: Model;
  readonly images: ImageSet;
  readonly targets: Targets;
  readonly compiled: CompiledNetwork;
  readonly software: boolean;
  readonly earlyRejection: boolean;
}

/** A layer with its parameters and masks on the device. */
export interface DeviceLayer extends CompiledLayer {
  /** See `DeviceParameters.buffersOf`. */
  readonly parameters: ReturnType<DeviceParameters['buffersOf']>;
  /** Undefined if there is nothing to prune. */
  readonly masks: MaskSlots | undefined;
}

export class DeviceNetwork {
  readonly compiled: CompiledNetwork;
  readonly tensors: TensorPlan;
  readonly layers: readonly DeviceLayer[];
  readonly imageBuffers: readonly ImageBuffer[];
  readonly candidates: CandidateTable;
  readonly arena: Arena;
  readonly params: DispatchParams;
  readonly dispatcher: Dispatcher;
  readonly #context: GpuContext;
  /** By the index of the mask; several layers may share one. */
  readonly #masks: readonly MaskSlots[];
  readonly #parameters: DeviceParameters;

  /** Uploads everything. Throws 'limit-exceeded' if the network or four images exceed the device's limits. */
  constructor(context: GpuContext, buffers: BufferSet, options: DeviceNetworkOptions) {
    const {
      model,
      images,
      targets,
      compiled,
      arenaBytes = DEFAULT_ARENA_BYTES,
      memory = DEFAULT_CACHE_BYTES,
    } = options;
    const layers = compiled.layers.map(({ layer }) => layer);
    this.#context = context;
    this.compiled = compiled;
    this.tensors = new TensorPlan(model.network, layers, memory / images.count / 4);
    const { partCount: parts } = this.tensors;
    const maxCached = Math.max(this.tensors.maxCached, targets.perImage);
    const maxWritten = this.tensors.maxWritten(0);
    const minPartBytes = maxWritten * QUAD * 4;
    this.dispatcher = new Dispatcher(context);
    this.arena = new Arena(context, buffers, { parts, bytes: arenaBytes, minPartBytes });
    this.#masks = masksOf(layers).map(({ name, weights }) => new MaskSlots(context, buffers, name, weights));
    this.candidates = new CandidateTable(context, buffers, this.#masks.length);
    this.#parameters = new DeviceParameters(context, buffers, model, layers);
    this.layers = compiled.layers.map((own, s) => ({
      ...own,
      parameters: this.#parameters.buffersOf(s),
      masks: own.layer.mask === undefined ? undefined : this.#masks[own.layer.mask],
    }));
    const sizes = { maxCached, maxWritten, partBytes: this.arena.partBytes };
    const runs = splitImages(context, images.count, sizes, options);
    this.#checkGrids(runs[0]!.count);
    const { tensors } = this;
    this.imageBuffers = runs.map(
      (run, index) => new ImageBuffer(context, buffers, { model, tensors, images, targets, run, index }),
    );
    this.params = new DispatchParams(context, buffers, tensors, targets.loss, this.candidates.recordWords);
    this.params.prepare(this.imageBuffers);
  }

  /** The most candidates that one batch may have. */
  get maxBatch(): number {
    const slots = this.#masks.map((masks) => masks.maxBatch);
    const images = this.imageBuffers.reduce((sum, imageBuffer) => sum + imageBuffer.images, 0);
    const macs = this.layers.reduce((sum, { layer }) => sum + layer.macs, 0) * images;
    // One record and one slot are for extending the cache.
    const fitting = Math.min(this.candidates.maxBatch, ...slots) - 1;
    return Math.max(1, Math.min(fitting, Math.floor(MAX_SUBMISSION_MACS / macs)));
  }

  /** Bytes written by batches so far. */
  get writtenBytes(): number {
    const written = [this.candidates, this.params, this.#parameters, ...this.#masks];
    return written.reduce((sum, { writtenBytes }) => sum + writtenBytes, 0);
  }

  /**
   * Writes a batch's masks, changed parameters and records to the device, and enlarges the arena if necessary. All jobs have the
   * parameters of the first from layer `plan.start` on.
   */
  upload(plan: BatchPlan, jobs: readonly Job[]): void {
    const { extend, start } = plan;
    if (extend) this.#placeParameters(extend, extend.from, extend.to);
    this.#placeParameters(jobs[0]!, start, this.layers.length);
    const slots = this.#uploadMasks(plan, jobs);
    const limits = [Infinity, ...jobs.map(({ sumLimit }) => sumLimit)];
    const records = limits.map((sumLimit, k) => ({ sumLimit, slots: slots.map((ofMask) => ofMask[k]!) }));
    const replaced = [
      this.candidates.write(records),
      this.arena.reserve(this.#arenaBytes(plan, jobs.length)),
    ];
    if (replaced.includes(true)) this.dispatcher.clear();
  }

  #placeParameters({ parameters }: NetworkState, from: number, to: number): void {
    for (let s = from; s < to; s++) this.#parameters.place(s, parameters?.[s]);
  }

  /** Bytes of a part of the arena that a batch needs. */
  #arenaBytes({ extend, start }: BatchPlan, jobs: number): number {
    const counts = new Set(this.imageBuffers.flatMap(({ chunks }) => chunks.map(({ count }) => count)));
    const uncached = extend ? this.tensors.maxUncached(extend.from, extend.to) : 0;
    return Math.max(
      ...Array.from(counts, (count) => {
        const candidates = Math.min(jobs, this.candidatesSideBySide(start, count));
        return Math.max(this.#candidateBytes(start, count) * candidates, bytesOf(uncached, count));
      }),
    );
  }

  /** For each mask, its slot in every record: of the extending record, then of each job. */
  #uploadMasks({ extend, start }: BatchPlan, jobs: readonly Job[]): readonly (readonly number[])[] {
    const masksFrom = (from: number, to: number) =>
      new Set(this.tensors.layers.slice(from, to).map(({ mask }) => mask));
    const run = masksFrom(start, this.layers.length);
    const extended = extend && masksFrom(extend.from, extend.to);
    return this.#masks.map((masks, m) => {
      const used = run.has(m) ? jobs.map((job) => job.masks[m]!) : [];
      const extending = extended?.has(m) ? extend!.masks[m]! : undefined;
      const before = masks.buffer;
      masks.place(extending ? [extending, ...used] : used);
      if (masks.buffer !== before) this.dispatcher.clear();
      // A mask that a candidate does not use needs no slot of its own.
      const slotOf = (k: number) => (used[k] ? masks.slotOf(used[k]) : 0);
      return [extending ? masks.slotOf(extending) : 0, ...jobs.map((_, k) => slotOf(k))];
    });
  }

  /** Candidates that run layers `start` and up at the same time, over a chunk of so many images. */
  candidatesSideBySide(start: number, images: number): number {
    const fitting = Math.floor(this.arena.partBytes / this.#candidateBytes(start, images));
    const { maxComputeWorkgroupsPerDimension } = this.#context.limits;
    const groups = this.layers
      .slice(start)
      .map(({ kernel, pipeline }) => kernel.grid(undefined, QUAD, pipeline.tiling, 1)[2]);
    return Math.max(1, Math.min(fitting, Math.floor(maxComputeWorkgroupsPerDimension / Math.max(...groups))));
  }

  /** Bytes of a part of the arena that one candidate takes from layer `start` on. */
  #candidateBytes(start: number, images: number): number {
    return bytesOf(this.tensors.maxWritten(start), images);
  }

  /** After a failed batch: destroys what batches created, whose contents are unknown. The model's parameters and images stay. */
  release(): void {
    for (const part of [this.candidates, this.arena, this.params, this.#parameters]) part.release();
    for (const masks of this.#masks) masks.release();
    for (const imageBuffer of this.imageBuffers) imageBuffer.resetOrder();
    this.dispatcher.clear();
  }

  /** @param images of the longest run */
  #checkGrids(images: number): void {
    for (const { layer, kernel, pipeline } of this.layers) {
      const groups = Math.max(...kernel.grid(undefined, images, pipeline.tiling, 1));
      const what = `the grid of ${layer.name}`;
      this.#context.checkLimit(what, groups, 'maxComputeWorkgroupsPerDimension', 'workgroups');
    }
  }
}

/** Bytes of a tensor of so many elements per image, in a chunk of images. */
function bytesOf(elements: number, images: number): number {
  return elements * quadsOf(images) * QUAD * 4;
}

/** For each mask, the first layer that it belongs to. */
function masksOf(layers: readonly FusedLayer[]): readonly FusedLayer[] {
  const first: FusedLayer[] = [];
  for (const layer of layers) if (layer.mask !== undefined) first[layer.mask] ??= layer;
  return first;
}
