/**
 * Runs the layers of a network on a WebGPU device. Parameters and images are uploaded once; a batch is the bits of its new
 * masks and a record per candidate, one submission and one readback of a few words per candidate.
 */
import type { ImageSet } from '../../data/dataset.ts';
import { gatherImages } from '../../kernels/gather-images.ts';
import { rankImages } from '../../kernels/rank-images.ts';
import { softmaxCrossEntropy } from '../../kernels/softmax-cross-entropy.ts';
import { QUAD, quadsOf, type Binding, type Tiling } from '../../kernels/spec.ts';
import { LAYER_BINDINGS } from '../../kernels/weights-tile.ts';
import type { MasksearchError } from '../../core/error.ts';
import type { Optimizations } from '../optimizations.ts';
import type { Model } from '../../network/model.ts';
import { fuse, type FusedLayer } from '../../network/fuse.ts';
import { chunksOf, growingChunks, type Chunk } from '../plan/chunks.ts';
import type { BatchPlan } from '../plan/prefix-cache.ts';
import type { Job, JobResult, NetworkRunner } from '../backend.ts';
import { checkAborted } from '../check-aborted.ts';
import { Arena, DEFAULT_ARENA_BYTES } from './arena.ts';
import { BindGroups } from './device/bind-groups.ts';
import { BufferSet } from './device/buffer-set.ts';
import { compileNetwork, gridOf, type CompiledNetwork } from './compiled-network.ts';
import { CandidateTable } from './candidate-table.ts';
import { BUFFER_USAGE } from './device/constants.ts';
import type { GpuContext } from './device/context.ts';
import { MaskSlots } from './mask-slots.ts';
import { DispatchParams, FIRST_CANDIDATE } from './dispatch-params.ts';
import { HARDWARE_CHUNKS, largestChunk, imageBufferSize, SOFTWARE_CHUNKS } from './image-runs.ts';
import type { ParamsEntry } from './device/params-table.ts';
import type { Pipeline, Pipelines } from './device/pipelines.ts';
import { ImageBuffer } from './image-buffer.ts';
import type { Tuner } from './tuning/tuner.ts';

/** A layer with its parameters on the device. */
interface DeviceLayer {
  readonly layer: FusedLayer;
  readonly pipeline: Pipeline;
  readonly weight: GPUBuffer;
  readonly bias: GPUBuffer;
  readonly masks: MaskSlots;
}

export interface RunnerOptions {
  readonly workgroupSize?: number;
  /** Largest number of images in one buffer; fewer where the device's limits demand it. */
  readonly imagesPerBuffer?: number;
  /** Largest number of images between two looks at the sum of losses; fewer where the device's limits demand it. */
  readonly chunkImages?: number;
  /** Bytes for activations of candidates; 64 MiB unless given. More let more candidates run side by side. */
  readonly arenaBytes?: number;
  /** Whether to measure how many candidates cost about as much as one; unless given, on hardware. */
  readonly parallel?: boolean;
  /** How kernels divide their work, in place of what suits the adapter. */
  readonly tiling?: Partial<Tiling>;
}

interface CreateOptions extends RunnerOptions {
  readonly software: boolean;
  readonly optimizations: Optimizations;
  readonly tune?: boolean | undefined;
}

/** Multiply-accumulates of one submission: drivers give up on one that takes seconds. */
const MAX_SUBMISSION_MACS = 1e12;

export class WebGpuRunner implements NetworkRunner {
  readonly images: number;
  readonly skipsPruned = false;
  readonly parallel: boolean;
  readonly #context: GpuContext;
  readonly #buffers: BufferSet;
  readonly #layers: readonly DeviceLayer[];
  readonly #compiled: CompiledNetwork;
  readonly #imageBuffers: readonly ImageBuffer[];
  readonly #candidates: CandidateTable;
  readonly #arena: Arena;
  readonly #params: DispatchParams;
  readonly #bindGroups: BindGroups;
  /** The state whose losses tell the order of images to come; of a job that was run over all images. */
  #rankable: number | undefined;
  /** Whether the next batch begins with ranking. */
  #ranks = false;

  static async create(
    context: GpuContext,
    pipelines: Pipelines,
    tuner: Tuner,
    model: Model,
    images: ImageSet,
    options: CreateOptions,
  ): Promise<WebGpuRunner> {
    const layers = fuse(model.network);
    const compiled = await compileNetwork(pipelines, tuner, layers, images.count, options);
    const buffers = new BufferSet(context);
    try {
      // The constructor does all uploads, so that one scope catches whatever the device has against them.
      return await context.scoped(
        'the upload of the model and the images',
        () => new WebGpuRunner(context, buffers, model, images, options, compiled),
      );
    } catch (error) {
      buffers.destroyAll();
      throw error;
    }
  }

  private constructor(
    context: GpuContext,
    buffers: BufferSet,
    model: Model,
    images: ImageSet,
    options: CreateOptions,
    compiled: CompiledNetwork,
  ) {
    const layers = fuse(model.network);
    this.#buffers = buffers;
    this.#context = context;
    this.images = images.count;
    this.parallel = options.parallel ?? !options.software;
    this.#compiled = compiled;
    this.#bindGroups = new BindGroups(context);
    const widest = Math.max(...layers.map(({ outputs }) => outputs)) * QUAD * 4;
    this.#arena = new Arena(context, buffers, options.arenaBytes ?? DEFAULT_ARENA_BYTES, widest);
    this.#candidates = new CandidateTable(context, buffers, layers.length);
    this.#layers = layers.map((layer, s) => ({
      layer,
      pipeline: compiled.layers[s]!,
      weight: this.#upload(`${layer.name} weight`, model.parameters[s]!.weight),
      bias: this.#upload(`${layer.name} bias`, model.parameters[s]!.bias),
      masks: new MaskSlots(context, buffers, layer.name, layer.weights),
    }));
    const largest = largestChunk(widest, this.#arena.halfBytes, options.chunkImages);
    const growth = options.software ? SOFTWARE_CHUNKS : HARDWARE_CHUNKS;
    this.#imageBuffers = chunksOf(
      images.count,
      imageBufferSize(context, layers, options.imagesPerBuffer),
    ).map((imageBuffer, index) => {
      const chunks = options.optimizations.earlyRejection
        ? growingChunks(imageBuffer.count, largest, growth)
        : chunksOf(imageBuffer.count, largest);
      this.#checkGrids(imageBuffer.count);
      return new ImageBuffer(context, buffers, model, layers, images, imageBuffer, chunks, index);
    });
    this.#params = new DispatchParams(context, buffers, layers, this.#candidates.recordWords);
    this.#params.prepare(this.#imageBuffers);
  }

  get failure(): MasksearchError | undefined {
    return this.#context.failure;
  }

  get maxBatch(): number {
    const slots = this.#layers.map(({ masks }) => masks.maxBatch);
    const macs = this.#layers.reduce((sum, { layer }) => sum + layer.macs, 0) * this.images;
    // One of each is the extending candidate's.
    const fitting = Math.min(this.#candidates.maxBatch, ...slots) - 1;
    return Math.max(1, Math.min(fitting, Math.floor(MAX_SUBMISSION_MACS / macs)));
  }

  get uploadedBytes(): number {
    const written = [this.#candidates, this.#params, ...this.#layers.map(({ masks }) => masks)];
    return written.reduce((sum, { writtenBytes }) => sum + writtenBytes, 0);
  }

  reorder(): Promise<void> {
    this.#ranks = this.#rankable !== undefined;
    return Promise.resolve();
  }

  async run(plan: BatchPlan, jobs: readonly Job[], signal?: AbortSignal): Promise<readonly JobResult[]> {
    checkAborted(signal);
    const count = FIRST_CANDIDATE + jobs.length;
    try {
      const results = await this.#context.scoped('a batch of candidates', () => {
        this.#submit(plan, jobs);
        return this.#candidates.read(count);
      });
      this.#remember(results);
      return results.slice(FIRST_CANDIDATE);
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#buffers.destroyAll();
    this.#bindGroups.clear();
    return Promise.resolve();
  }

  /** Gives up what batches made: some of it may not have arrived, or not have had room. */
  #release(): void {
    for (const part of [this.#candidates, this.#arena, this.#params]) part.release();
    for (const { masks } of this.#layers) masks.release();
    for (const imageBuffer of this.#imageBuffers) imageBuffer.clear(this.#context);
    this.#bindGroups.clear();
    this.#rankable = undefined;
    this.#ranks = false;
  }

  /** Notes whose losses are on the device in full. */
  #remember(results: readonly JobResult[]): void {
    const rows = Math.min(...this.#imageBuffers.map(({ lossRows }) => lossRows));
    // Ranked by already, or overwritten by this batch.
    if (this.#rankable !== undefined && (this.#ranks || this.#rankable < results.length)) {
      this.#rankable = undefined;
    }
    this.#ranks = false;
    const last = results.slice(0, rows).findLastIndex(({ images }) => images === this.images);
    if (last >= FIRST_CANDIDATE) this.#rankable = last;
  }

  #submit(plan: BatchPlan, jobs: readonly Job[]): void {
    this.#bring(plan, jobs);
    const count = FIRST_CANDIDATE + jobs.length;
    const encoder = this.#context.device.createCommandEncoder({ label: 'batch' });
    this.#candidates.encodeClear(encoder, count);
    const pass = encoder.beginComputePass({ label: 'batch' });
    for (const imageBuffer of this.#imageBuffers)
      this.#encodeImageBuffer(pass, imageBuffer, plan, jobs.length);
    pass.end();
    this.#candidates.encodeReadback(encoder, count);
    this.#context.device.queue.submit([encoder.finish()]);
  }

  /** Brings masks and records to the device, and makes room for the candidates. */
  #bring({ extend, start }: BatchPlan, jobs: readonly Job[]): void {
    const slots = this.#layers.map(({ masks }, s) => {
      const used = s < start ? [] : jobs.map((job) => job.masks[s]!);
      const extending = extend && s >= extend.from && s < extend.to ? extend.masks[s]! : undefined;
      const before = masks.buffer;
      masks.place(extending ? [extending, ...used] : used);
      if (masks.buffer !== before) this.#bindGroups.clear();
      // A layer that a candidate does not run needs no slot of its own.
      const slotOf = (k: number) => (used[k] ? masks.slotOf(used[k]) : 0);
      return [extending ? masks.slotOf(extending) : 0, ...jobs.map((_, k) => slotOf(k))];
    });
    const sums = [Infinity, ...jobs.map(({ sumLimit }) => sumLimit)];
    const records = sums.map((sumLimit, k) => ({ sumLimit, slots: slots.map((ofLayer) => ofLayer[k]!) }));
    const counts = new Set(this.#imageBuffers.flatMap(({ chunks }) => chunks.map(({ count }) => count)));
    const tiles = [...counts].map(
      (count) => this.#tileBytes(start, count) * Math.min(jobs.length, this.#tileSize(start, count)),
    );
    const moved = [this.#candidates.write(records), this.#arena.reserve(Math.max(...tiles))];
    if (moved.includes(true)) this.#bindGroups.clear();
  }

  /** Bytes of a half of the arena that one candidate takes from layer `start` on. */
  #tileBytes(start: number, images: number): number {
    const outputs = this.#layers.slice(start).map(({ layer }) => layer.outputs);
    return Math.max(...outputs) * quadsOf(images) * QUAD * 4;
  }

  /** Candidates that run side by side. */
  #tileSize(start: number, images: number): number {
    const room = Math.floor(this.#arena.halfBytes / this.#tileBytes(start, images));
    const { maxComputeWorkgroupsPerDimension } = this.#context.limits;
    const grids = this.#layers.slice(start).map(({ layer, pipeline }) => gridOf(layer, pipeline, 4, 1)[2]);
    return Math.max(1, Math.min(room, Math.floor(maxComputeWorkgroupsPerDimension / Math.max(...grids))));
  }

  #encodeImageBuffer(
    pass: GPUComputePassEncoder,
    imageBuffer: ImageBuffer,
    plan: BatchPlan,
    jobs: number,
  ): void {
    if (this.#ranks) this.#encodeRank(pass, imageBuffer);
    const { extend, start } = plan;
    if (extend) {
      for (let s = extend.from; s < extend.to; s++) {
        const params = this.#params.ofLayer(imageBuffer, s, 'extend');
        this.#encodeLayer(
          pass,
          s,
          params,
          imageBuffer.cache[s]!,
          imageBuffer.cache[s + 1]!,
          imageBuffer.images,
          1,
        );
      }
      imageBuffer.extended();
    }
    if (imageBuffer.mustGather(start)) this.#encodeGather(pass, imageBuffer, start);
    for (const chunk of imageBuffer.chunks) {
      const size = this.#tileSize(start, chunk.count);
      for (let first = 0; first < jobs; first += size) {
        const count = Math.min(size, jobs - first);
        this.#encodeTile(pass, imageBuffer, chunk, start, FIRST_CANDIDATE + first, count);
      }
    }
  }

  #encodeTile(
    pass: GPUComputePassEncoder,
    imageBuffer: ImageBuffer,
    chunk: Chunk,
    start: number,
    first: number,
    count: number,
  ): void {
    for (let s = start; s < this.#layers.length; s++) {
      const params = this.#params.ofLayer(imageBuffer, s, s === start ? 'start' : 'follow', chunk, first);
      const x = s === start ? imageBuffer.inputOf(s) : this.#arena.outputOf(s - 1);
      this.#encodeLayer(pass, s, params, x, this.#arena.outputOf(s), chunk.count, count);
    }
    const logits = this.#arena.outputOf(this.#layers.length - 1);
    const { records, states } = this.#candidates;
    const buffers = [records, states, logits, imageBuffer.labels, imageBuffer.losses];
    const params = this.#params.ofLoss(imageBuffer, chunk, first);
    this.#encode(pass, this.#compiled.loss, softmaxCrossEntropy.bindings, params, buffers, [count, 1, 1]);
  }

  #encodeLayer(
    pass: GPUComputePassEncoder,
    s: number,
    params: ParamsEntry,
    x: GPUBuffer,
    y: GPUBuffer,
    images: number,
    candidates: number,
  ): void {
    const { layer, pipeline, weight, bias, masks } = this.#layers[s]!;
    const { records, states } = this.#candidates;
    const buffers = [records, states, x, weight, bias, masks.buffer, y];
    const grid = gridOf(layer, pipeline, images, candidates);
    this.#encode(pass, pipeline, LAYER_BINDINGS, params, buffers, grid);
  }

  #encodeRank(pass: GPUComputePassEncoder, imageBuffer: ImageBuffer): void {
    const { rank, gather } = this.#compiled;
    const { stride, losses, ownLabels } = imageBuffer;
    const { from, into, labels } = imageBuffer.beginOrder();
    const params = this.#params.ofRank(imageBuffer, this.#rankable!);
    const grid = rankImages.grid(undefined, stride, rank.tiling, 1);
    this.#encode(pass, rank, rankImages.bindings, params, [losses, from, into], grid);
    const rows = this.#params.ofGather(imageBuffer, 1);
    const labelsGrid = gatherImages.grid({ rows: 1 }, stride, gather.tiling, 1);
    this.#encode(pass, gather, gatherImages.bindings, rows, [into, ownLabels, labels], labelsGrid);
  }

  #encodeGather(pass: GPUComputePassEncoder, imageBuffer: ImageBuffer, s: number): void {
    const { gather } = this.#compiled;
    const rows = this.#layers[s]!.layer.inputs;
    const grid = gatherImages.grid({ rows }, imageBuffer.stride, gather.tiling, 1);
    const buffers = [imageBuffer.order, imageBuffer.cache[s]!, imageBuffer.inputOf(s)];
    this.#encode(
      pass,
      gather,
      gatherImages.bindings,
      this.#params.ofGather(imageBuffer, rows),
      buffers,
      grid,
    );
  }

  #encode(
    pass: GPUComputePassEncoder,
    pipeline: Pipeline,
    bindings: readonly Binding[],
    params: ParamsEntry,
    buffers: readonly GPUBuffer[],
    grid: readonly [number, number, number],
  ): void {
    const group = this.#bindGroups.get(pipeline, bindings, [params.buffer, ...buffers], this.#params.stride);
    pass.setPipeline(pipeline.pipeline);
    pass.setBindGroup(0, group, [params.offset]);
    pass.dispatchWorkgroups(...grid);
  }

  #checkGrids(images: number): void {
    for (const { layer, pipeline } of this.#layers) {
      const groups = Math.max(...gridOf(layer, pipeline, images, 1));
      const what = `the grid of ${layer.name}`;
      this.#context.checkLimit(what, groups, 'maxComputeWorkgroupsPerDimension', 'workgroups');
    }
  }

  #upload(label: string, data: Float32Array): GPUBuffer {
    const usage = BUFFER_USAGE.storage | BUFFER_USAGE.copyTarget;
    const buffer = this.#buffers.create(label, data.byteLength, usage);
    this.#context.device.queue.writeBuffer(buffer, 0, data as GPUAllowSharedBufferSource);
    return buffer;
  }
}
