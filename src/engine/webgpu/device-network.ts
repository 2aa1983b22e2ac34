/**
 * A network with its images on the device. Parameters and images are uploaded once. What batches need is created on
 * demand and kept: mask slots, candidates' records and states, the arena.
 */
import type { ImageSet } from '../../data/dataset.ts';
import { QUAD, quadsOf } from '../../kernels/spec.ts';
import { layerParameters } from '../../network/layer-parameters.ts';
import type { Model } from '../../network/model.ts';
import type { Job } from '../backend.ts';
import type { BatchPlan } from '../plan/prefix-cache.ts';
import { Arena, DEFAULT_ARENA_BYTES } from './arena.ts';
import { CandidateTable } from './candidate-table.ts';
import type { CompiledLayer, CompiledNetwork } from './compiled-network.ts';
import type { BufferSet } from './device/buffer-set.ts';
import type { GpuContext } from './device/context.ts';
import { Dispatcher } from './device/dispatcher.ts';
import { DispatchParams } from './dispatch-params.ts';
import { ImageBuffer } from './image-buffer.ts';
import { MaskSlots } from './mask-slots.ts';
import { maxOf, splitImages, type SplitOptions } from './split-images.ts';

/** Multiply-accumulates of one submission at most: drivers abort a submission that takes seconds. */
const MAX_SUBMISSION_MACS = 1e12;

export interface MemoryOptions extends SplitOptions {
  /** Bytes for activations of candidates. More bytes let more candidates run side by side. Default: 64 MiB. */
  readonly arenaBytes?: number;
}

export interface DeviceNetworkOptions extends MemoryOptions {
  readonly model: Model;
  readonly images: ImageSet;
  readonly compiled: CompiledNetwork;
  readonly software: boolean;
  readonly earlyRejection: boolean;
}

/** A layer with its parameters and masks on the device. */
export interface DeviceLayer extends CompiledLayer {
  /** [out_channel, in_channel, kernel_row, kernel_column] or [output, input] f32. */
  readonly weight: GPUBuffer;
  /** [out_channel] or [output] f32. */
  readonly bias: GPUBuffer;
  readonly masks: MaskSlots;
}

export class DeviceNetwork {
  readonly compiled: CompiledNetwork;
  readonly layers: readonly DeviceLayer[];
  readonly imageBuffers: readonly ImageBuffer[];
  readonly candidates: CandidateTable;
  readonly arena: Arena;
  readonly params: DispatchParams;
  readonly dispatcher: Dispatcher;
  readonly #context: GpuContext;

  /** Uploads everything. Throws 'limit-exceeded' if the network or four images exceed the device's limits. */
  constructor(context: GpuContext, buffers: BufferSet, options: DeviceNetworkOptions) {
    const { model, images, compiled, arenaBytes = DEFAULT_ARENA_BYTES } = options;
    const layers = compiled.layers.map(({ layer }) => layer);
    const parameters = layerParameters(model);
    this.#context = context;
    this.compiled = compiled;
    this.dispatcher = new Dispatcher(context);
    this.arena = new Arena(context, buffers, arenaBytes, maxOf(layers, 'outputs') * QUAD * 4);
    this.candidates = new CandidateTable(context, buffers, layers.length);
    this.layers = compiled.layers.map((own, s) => ({
      ...own,
      weight: buffers.upload(`${own.layer.name} weight`, parameters[s]!.weight),
      bias: buffers.upload(`${own.layer.name} bias`, parameters[s]!.bias),
      masks: new MaskSlots(context, buffers, own.layer.name, own.layer.weights),
    }));
    const { halfBytes } = this.arena;
    const runs = splitImages(context, layers, images.count, { ...options, halfBytes });
    this.#checkGrids(runs[0]!.count);
    this.imageBuffers = runs.map(
      (run, index) => new ImageBuffer(context, buffers, { model, layers, images, run, index }),
    );
    this.params = new DispatchParams(context, buffers, layers, this.candidates.recordWords);
    this.params.prepare(this.imageBuffers);
  }

  /** The most candidates that one batch may have. */
  get maxBatch(): number {
    const slots = this.layers.map(({ masks }) => masks.maxBatch);
    const images = this.imageBuffers.reduce((sum, imageBuffer) => sum + imageBuffer.images, 0);
    const macs = this.layers.reduce((sum, { layer }) => sum + layer.macs, 0) * images;
    // One record and one slot are for extending the cache.
    const fitting = Math.min(this.candidates.maxBatch, ...slots) - 1;
    return Math.max(1, Math.min(fitting, Math.floor(MAX_SUBMISSION_MACS / macs)));
  }

  /** Bytes written by batches so far. */
  get writtenBytes(): number {
    const written = [this.candidates, this.params, ...this.layers.map(({ masks }) => masks)];
    return written.reduce((sum, { writtenBytes }) => sum + writtenBytes, 0);
  }

  /** Writes a batch's masks and records to the device, and enlarges the arena if necessary. */
  upload(plan: BatchPlan, jobs: readonly Job[]): void {
    const slots = this.#uploadMasks(plan, jobs);
    const limits = [Infinity, ...jobs.map(({ sumLimit }) => sumLimit)];
    const records = limits.map((sumLimit, k) => ({ sumLimit, slots: slots.map((ofLayer) => ofLayer[k]!) }));
    const counts = new Set(this.imageBuffers.flatMap(({ chunks }) => chunks.map(({ count }) => count)));
    const bytes = [...counts].map(
      (count) =>
        this.#candidateBytes(plan.start, count) *
        Math.min(jobs.length, this.candidatesSideBySide(plan.start, count)),
    );
    const replaced = [this.candidates.write(records), this.arena.reserve(Math.max(...bytes))];
    if (replaced.includes(true)) this.dispatcher.clear();
  }

  /** For each layer, the slot of every record's mask: of the extending record, then of each job. */
  #uploadMasks({ extend, start }: BatchPlan, jobs: readonly Job[]): readonly (readonly number[])[] {
    return this.layers.map(({ masks }, s) => {
      const used = s < start ? [] : jobs.map((job) => job.masks[s]!);
      const extending = extend && s >= extend.from && s < extend.to ? extend.masks[s]! : undefined;
      const before = masks.buffer;
      masks.place(extending ? [extending, ...used] : used);
      if (masks.buffer !== before) this.dispatcher.clear();
      // A layer that a candidate does not run needs no slot of its own.
      const slotOf = (k: number) => (used[k] ? masks.slotOf(used[k]) : 0);
      return [extending ? masks.slotOf(extending) : 0, ...jobs.map((_, k) => slotOf(k))];
    });
  }

  /** Candidates that run layers `start` and up at the same time, over a chunk of so many images. */
  candidatesSideBySide(start: number, images: number): number {
    const fitting = Math.floor(this.arena.halfBytes / this.#candidateBytes(start, images));
    const { maxComputeWorkgroupsPerDimension } = this.#context.limits;
    const groups = this.layers
      .slice(start)
      .map(({ kernel, pipeline }) => kernel.grid(undefined, QUAD, pipeline.tiling, 1)[2]);
    return Math.max(1, Math.min(fitting, Math.floor(maxComputeWorkgroupsPerDimension / Math.max(...groups))));
  }

  /** Bytes of half of the arena that one candidate takes from layer `start` on. */
  #candidateBytes(start: number, images: number): number {
    const outputs = this.layers.slice(start).map(({ layer }) => layer.outputs);
    return Math.max(...outputs) * quadsOf(images) * QUAD * 4;
  }

  /** After a failed batch: destroys what batches created, whose contents are unknown. Parameters and images stay. */
  release(): void {
    for (const part of [this.candidates, this.arena, this.params]) part.release();
    for (const { masks } of this.layers) masks.release();
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
