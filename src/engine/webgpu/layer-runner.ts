/**
 * Runs the stages of a network on a WebGPU device. Parameters go up once, images once; a batch is the bits of its new
 * masks and a record per candidate, one submission and one readback of a few words per candidate.
 */
import type { ImageSet } from '../../data/dataset.ts';
import { gatherImages } from '../../kernels/gather-images.ts';
import { rankImages } from '../../kernels/rank-images.ts';
import { softmaxCrossEntropy } from '../../kernels/softmax-cross-entropy.ts';
import { QUAD, quadsOf, type Binding, type Variant } from '../../kernels/spec.ts';
import { LAYER_BINDINGS } from '../../kernels/weights-tile.ts';
import type { MasksearchError } from '../../core/error.ts';
import type { Avoidance } from '../optimizations.ts';
import type { Model } from '../../network/model.ts';
import { stagesOf, type Stage } from '../../network/network.ts';
import { chunksOf, growingChunks, type BatchPlan, type Chunk } from '../plan/plan.ts';
import { checkAborted, type Job, type JobResult, type StageRunner } from '../evaluator.ts';
import { Arena, DEFAULT_ARENA_BYTES } from './arena.ts';
import { BindGroups } from './device/bind-groups.ts';
import { BufferSet } from './device/buffer-set.ts';
import { compileNetwork, gridOf, type CompiledNetwork } from './compiled-network.ts';
import { CandidateTable } from './candidate-table.ts';
import { BUFFER_USAGE } from './device/constants.ts';
import type { GpuContext } from './device/context.ts';
import { MaskSlots } from './mask-slots.ts';
import { DispatchParams, FIRST_CANDIDATE } from './dispatch-params.ts';
import { HARDWARE_CHUNKS, largestChunk, segmentSize, SOFTWARE_CHUNKS } from './image-runs.ts';
import type { ParamsEntry } from './device/params-table.ts';
import type { Pipeline, Pipelines } from './device/pipelines.ts';
import { Segment } from './image-buffer.ts';
import type { Tuner } from './tuning/tuner.ts';

/** A stage with its parameters on the device. */
interface DeviceStage {
  readonly stage: Stage;
  readonly pipeline: Pipeline;
  readonly weight: GPUBuffer;
  readonly bias: GPUBuffer;
  readonly masks: MaskSlots;
}

export interface StageRunnerOptions {
  readonly workgroupSize?: number;
  /** Largest number of images in one buffer; fewer where the device's limits demand it. */
  readonly segmentImages?: number;
  /** Largest number of images between two looks at the sum of losses; fewer where the device's limits demand it. */
  readonly chunkImages?: number;
  /** Bytes for activations of candidates; 64 MiB unless given. More let more candidates run side by side. */
  readonly arenaBytes?: number;
  /** Whether to measure how many candidates cost about as much as one; unless given, on hardware. */
  readonly parallel?: boolean;
  /** How kernels divide their work, in place of what suits the adapter. */
  readonly variant?: Partial<Variant>;
}

interface CreateOptions extends StageRunnerOptions {
  readonly software: boolean;
  readonly avoid: Avoidance;
  readonly tune?: boolean | undefined;
}

/** Multiply-accumulates of one submission: drivers give up on one that takes seconds. */
const LARGEST_SUBMISSION = 1e12;

export class WebGpuStageRunner implements StageRunner {
  readonly images: number;
  readonly skipsPruned = false;
  readonly parallel: boolean;
  readonly #context: GpuContext;
  readonly #buffers: BufferSet;
  readonly #stages: readonly DeviceStage[];
  readonly #compiled: CompiledNetwork;
  readonly #segments: readonly Segment[];
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
  ): Promise<WebGpuStageRunner> {
    const stages = stagesOf(model.network);
    const compiled = await compileNetwork(pipelines, tuner, stages, images.count, options);
    const buffers = new BufferSet(context);
    try {
      // The constructor does all uploads, so that one scope catches whatever the device has against them.
      return await context.scoped(
        'the upload of the model and the images',
        () => new WebGpuStageRunner(context, buffers, model, images, options, compiled),
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
    const stages = stagesOf(model.network);
    this.#buffers = buffers;
    this.#context = context;
    this.images = images.count;
    this.parallel = options.parallel ?? !options.software;
    this.#compiled = compiled;
    this.#bindGroups = new BindGroups(context);
    const widest = Math.max(...stages.map(({ outputs }) => outputs)) * QUAD * 4;
    this.#arena = new Arena(context, buffers, options.arenaBytes ?? DEFAULT_ARENA_BYTES, widest);
    this.#candidates = new CandidateTable(context, buffers, stages.length);
    this.#stages = stages.map((stage, s) => ({
      stage,
      pipeline: compiled.stages[s]!,
      weight: this.#upload(`${stage.name} weight`, model.parameters[s]!.weight),
      bias: this.#upload(`${stage.name} bias`, model.parameters[s]!.bias),
      masks: new MaskSlots(context, buffers, stage.name, stage.weights),
    }));
    const largest = largestChunk(widest, this.#arena.halfBytes, options.chunkImages);
    const growth = options.software ? SOFTWARE_CHUNKS : HARDWARE_CHUNKS;
    this.#segments = chunksOf(images.count, segmentSize(context, stages, options.segmentImages)).map(
      (segment, index) => {
        const chunks = options.avoid.earlyRejection
          ? growingChunks(segment.count, largest, growth)
          : chunksOf(segment.count, largest);
        this.#checkGrids(segment.count);
        return new Segment(context, buffers, model, stages, images, segment, chunks, index);
      },
    );
    this.#params = new DispatchParams(context, buffers, stages, this.#candidates.recordWords);
    this.#params.prepare(this.#segments);
  }

  get lost(): MasksearchError | undefined {
    return this.#context.failure;
  }

  get largestBatch(): number {
    const slots = this.#stages.map(({ masks }) => masks.largestBatch);
    const macs = this.#stages.reduce((sum, { stage }) => sum + stage.macs, 0) * this.images;
    // One of each is the extending candidate's.
    const fitting = Math.min(this.#candidates.largestBatch, ...slots) - 1;
    return Math.max(1, Math.min(fitting, Math.floor(LARGEST_SUBMISSION / macs)));
  }

  get uploadedBytes(): number {
    const written = [this.#candidates, this.#params, ...this.#stages.map(({ masks }) => masks)];
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
      this.#drop();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#buffers.destroyAll();
    this.#bindGroups.clear();
    return Promise.resolve();
  }

  /** Gives up what batches made: some of it may not have arrived, or not have had room. */
  #drop(): void {
    for (const part of [this.#candidates, this.#arena, this.#params]) part.drop();
    for (const { masks } of this.#stages) masks.drop();
    for (const segment of this.#segments) segment.clear(this.#context);
    this.#bindGroups.clear();
    this.#rankable = undefined;
    this.#ranks = false;
  }

  /** Notes whose losses are on the device in full. */
  #remember(results: readonly JobResult[]): void {
    const rows = Math.min(...this.#segments.map(({ lossRows }) => lossRows));
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
    for (const segment of this.#segments) this.#encodeSegment(pass, segment, plan, jobs.length);
    pass.end();
    this.#candidates.encodeReadback(encoder, count);
    this.#context.device.queue.submit([encoder.finish()]);
  }

  /** Brings masks and records to the device, and makes room for the candidates. */
  #bring({ extend, start }: BatchPlan, jobs: readonly Job[]): void {
    const slots = this.#stages.map(({ masks }, s) => {
      const used = s < start ? [] : jobs.map((job) => job.masks[s]!);
      const extending = extend && s >= extend.from && s < extend.to ? extend.masks[s]! : undefined;
      const before = masks.buffer;
      masks.place(extending ? [extending, ...used] : used);
      if (masks.buffer !== before) this.#bindGroups.clear();
      // A stage that a candidate does not run needs no slot of its own.
      const slotOf = (k: number) => (used[k] ? masks.slotOf(used[k]) : 0);
      return [extending ? masks.slotOf(extending) : 0, ...jobs.map((_, k) => slotOf(k))];
    });
    const sums = [Infinity, ...jobs.map(({ largestSum }) => largestSum)];
    const records = sums.map((largestSum, k) => ({ largestSum, slots: slots.map((ofStage) => ofStage[k]!) }));
    const counts = new Set(this.#segments.flatMap(({ chunks }) => chunks.map(({ count }) => count)));
    const tiles = [...counts].map(
      (count) => this.#tileBytes(start, count) * Math.min(jobs.length, this.#tileSize(start, count)),
    );
    const moved = [this.#candidates.write(records), this.#arena.reserve(Math.max(...tiles))];
    if (moved.includes(true)) this.#bindGroups.clear();
  }

  /** Bytes of a half of the arena that one candidate takes from stage `start` on. */
  #tileBytes(start: number, images: number): number {
    const outputs = this.#stages.slice(start).map(({ stage }) => stage.outputs);
    return Math.max(...outputs) * quadsOf(images) * QUAD * 4;
  }

  /** Candidates that run side by side. */
  #tileSize(start: number, images: number): number {
    const room = Math.floor(this.#arena.halfBytes / this.#tileBytes(start, images));
    const { maxComputeWorkgroupsPerDimension } = this.#context.limits;
    const grids = this.#stages.slice(start).map(({ stage, pipeline }) => gridOf(stage, pipeline, 4, 1)[2]);
    return Math.max(1, Math.min(room, Math.floor(maxComputeWorkgroupsPerDimension / Math.max(...grids))));
  }

  #encodeSegment(pass: GPUComputePassEncoder, segment: Segment, plan: BatchPlan, jobs: number): void {
    if (this.#ranks) this.#encodeRank(pass, segment);
    const { extend, start } = plan;
    if (extend) {
      for (let s = extend.from; s < extend.to; s++) {
        const params = this.#params.ofLayer(segment, s, 'extend');
        this.#encodeStage(pass, s, params, segment.cache[s]!, segment.cache[s + 1]!, segment.images, 1);
      }
      segment.extended();
    }
    if (segment.mustGather(start)) this.#encodeGather(pass, segment, start);
    for (const chunk of segment.chunks) {
      const size = this.#tileSize(start, chunk.count);
      for (let first = 0; first < jobs; first += size) {
        const count = Math.min(size, jobs - first);
        this.#encodeTile(pass, segment, chunk, start, FIRST_CANDIDATE + first, count);
      }
    }
  }

  #encodeTile(
    pass: GPUComputePassEncoder,
    segment: Segment,
    chunk: Chunk,
    start: number,
    first: number,
    count: number,
  ): void {
    for (let s = start; s < this.#stages.length; s++) {
      const params = this.#params.ofLayer(segment, s, s === start ? 'start' : 'follow', chunk, first);
      const x = s === start ? segment.inputOf(s) : this.#arena.outputOf(s - 1);
      this.#encodeStage(pass, s, params, x, this.#arena.outputOf(s), chunk.count, count);
    }
    const logits = this.#arena.outputOf(this.#stages.length - 1);
    const { records, states } = this.#candidates;
    const buffers = [records, states, logits, segment.labels, segment.losses];
    const params = this.#params.ofLoss(segment, chunk, first);
    this.#encode(pass, this.#compiled.loss, softmaxCrossEntropy.bindings, params, buffers, [count, 1, 1]);
  }

  #encodeStage(
    pass: GPUComputePassEncoder,
    s: number,
    params: ParamsEntry,
    x: GPUBuffer,
    y: GPUBuffer,
    images: number,
    candidates: number,
  ): void {
    const { stage, pipeline, weight, bias, masks } = this.#stages[s]!;
    const { records, states } = this.#candidates;
    const buffers = [records, states, x, weight, bias, masks.buffer, y];
    const grid = gridOf(stage, pipeline, images, candidates);
    this.#encode(pass, pipeline, LAYER_BINDINGS, params, buffers, grid);
  }

  #encodeRank(pass: GPUComputePassEncoder, segment: Segment): void {
    const { rank, gather } = this.#compiled;
    const { stride, losses, ownLabels } = segment;
    const { from, into, labels } = segment.beginOrder();
    const params = this.#params.ofRank(segment, this.#rankable!);
    const grid = rankImages.grid(undefined, stride, rank.variant, 1);
    this.#encode(pass, rank, rankImages.bindings, params, [losses, from, into], grid);
    const rows = this.#params.ofGather(segment, 1);
    const labelsGrid = gatherImages.grid({ rows: 1 }, stride, gather.variant, 1);
    this.#encode(pass, gather, gatherImages.bindings, rows, [into, ownLabels, labels], labelsGrid);
  }

  #encodeGather(pass: GPUComputePassEncoder, segment: Segment, s: number): void {
    const { gather } = this.#compiled;
    const rows = this.#stages[s]!.stage.inputs;
    const grid = gatherImages.grid({ rows }, segment.stride, gather.variant, 1);
    const buffers = [segment.order, segment.cache[s]!, segment.inputOf(s)];
    this.#encode(pass, gather, gatherImages.bindings, this.#params.ofGather(segment, rows), buffers, grid);
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
    for (const { stage, pipeline } of this.#stages) {
      const groups = Math.max(...gridOf(stage, pipeline, images, 1));
      const what = `the grid of ${stage.name}`;
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
