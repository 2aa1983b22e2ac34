/**
 * Runs the stages of a network on a WebGPU device. Parameters go up once, images once; a batch is the bits of its new
 * masks, one submission and one readback of a few words per candidate.
 *
 * Activations are kept batch innermost: [channel, row, column, image] or [feature, image], images padded to quads.
 */
import type { ImageSet } from '../../data/dataset.ts';
import { maskedConv2d } from '../../kernels/masked-conv2d.ts';
import { maskedDense } from '../../kernels/masked-dense.ts';
import { RESULT_WORDS, softmaxCrossEntropy } from '../../kernels/softmax-cross-entropy.ts';
import { QUAD, quadsOf } from '../../kernels/spec.ts';
import type { Masks } from '../../search/mask.ts';
import { imagesInnermost } from '../images.ts';
import type { Model } from '../model.ts';
import { stagesOf, type Stage } from '../network.ts';
import { chunksOf, type BatchPlan, type Chunk } from '../plan.ts';
import type { Job, JobResult, StageRunner } from '../staged-evaluator.ts';
import { BufferSet } from './buffer-set.ts';
import { BUFFER_USAGE, MAP_READ } from './constants.ts';
import type { GpuContext } from './context.ts';
import { MaskSlots } from './mask-slots.ts';
import type { Pipeline, Pipelines } from './pipelines.ts';

/** A stage with its parameters on the device. */
interface DeviceStage {
  readonly stage: Stage;
  readonly pipeline: Pipeline;
  readonly weight: GPUBuffer;
  readonly bias: GPUBuffer;
  readonly masks: MaskSlots;
}

/** A run of images with everything on the device that is theirs alone. */
interface DeviceChunk {
  readonly images: number;
  readonly params: GPUBuffer;
  readonly lossParams: GPUBuffer;
  readonly labels: GPUBuffer;
  /** Input of each stage, as far as the plan has it cached; the first is the images. */
  readonly cache: readonly GPUBuffer[];
}

/** The running results of a batch: on the device, and where the host reads them. */
interface Results {
  readonly device: GPUBuffer;
  readonly host: GPUBuffer;
  /** Candidates. */
  readonly capacity: number;
}

export interface StageRunnerOptions {
  readonly workgroupSize?: number;
  /** Largest number of images processed together; less where the device's limits demand it. */
  readonly chunkImages?: number;
}

export class WebGpuStageRunner implements StageRunner {
  readonly images: number;
  readonly skipsPruned = false;
  readonly #context: GpuContext;
  readonly #buffers: BufferSet;
  readonly #stages: readonly DeviceStage[];
  readonly #loss: Pipeline;
  readonly #chunks: readonly DeviceChunk[];
  /** Output of each stage for the candidate at work; one set serves all chunks and candidates in turn. */
  readonly #scratch: readonly GPUBuffer[];
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  readonly #resultStride: number;
  #results: Results | undefined;

  static async create(
    context: GpuContext,
    pipelines: Pipelines,
    model: Model,
    images: ImageSet,
    options: StageRunnerOptions = {},
  ): Promise<WebGpuStageRunner> {
    const stages = stagesOf(model.network);
    const { workgroupSize } = options;
    const compiled = await Promise.all(
      stages.map((stage) =>
        stage.kind === 'conv2d'
          ? pipelines.get(maskedConv2d, stage.shape, workgroupSize)
          : pipelines.get(maskedDense, stage.shape, workgroupSize),
      ),
    );
    const classes = stages.at(-1)!.outputs;
    const loss = await pipelines.get(softmaxCrossEntropy, { classes }, workgroupSize);
    const chunks = chunksOf(images.count, chunkSize(context, stages, options.chunkImages));
    stages.forEach((stage, s) => checkGrid(context, stage, chunks[0]!.count, compiled[s]!.workgroupSize));
    const buffers = new BufferSet(context);
    try {
      // The constructor does all uploads, so that one scope catches whatever the device has against them.
      return await context.scoped(
        'the upload of the model and the images',
        () => new WebGpuStageRunner(context, buffers, model, images, chunks, compiled, loss),
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
    chunks: readonly Chunk[],
    compiled: readonly Pipeline[],
    loss: Pipeline,
  ) {
    const stages = stagesOf(model.network);
    this.#buffers = buffers;
    this.#context = context;
    this.images = images.count;
    this.#loss = loss;
    const { minStorageBufferOffsetAlignment } = context.limits;
    this.#resultStride =
      Math.ceil((RESULT_WORDS * 4) / minStorageBufferOffsetAlignment) * minStorageBufferOffsetAlignment;
    this.#stages = stages.map((stage, s) => ({
      stage,
      pipeline: compiled[s]!,
      weight: this.#upload(`${stage.name} weight`, model.parameters[s]!.weight),
      bias: this.#upload(`${stage.name} bias`, model.parameters[s]!.bias),
      masks: new MaskSlots(context, buffers, stage.name, stage.weights),
    }));

    this.#chunks = chunks.map(({ first, count }, c) => {
      const stride = quadsOf(count) * QUAD;
      const label = (what: string) => `${what}, chunk ${c}`;
      return {
        images: count,
        params: this.#upload(label('params'), new Uint32Array([quadsOf(count)]), BUFFER_USAGE.uniform),
        lossParams: this.#upload(
          label('loss params'),
          new Uint32Array([count, stride]),
          BUFFER_USAGE.uniform,
        ),
        labels: this.#upload(label('labels'), Uint32Array.from(images.labels.subarray(first, first + count))),
        cache: [
          this.#upload(label('images'), imagesInnermost(model, images, first, count)),
          ...stages
            .slice(1)
            .map((stage) => this.#activations(label(`input of ${stage.name}`), stage.inputs, count)),
        ],
      };
    });
    this.#scratch = stages.map((stage) =>
      this.#activations(`output of ${stage.name}`, stage.outputs, chunks[0]!.count),
    );
  }

  get largestBatch(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#context.limits;
    const results = Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / this.#resultStride);
    return Math.min(results, ...this.#stages.map(({ masks }) => masks.largestBatch));
  }

  get uploadedBytes(): number {
    return this.#stages.reduce((sum, { masks }) => sum + masks.writtenBytes, 0);
  }

  /** All images of every job: a batch is one submission, whatever its limits. */
  async run(plan: BatchPlan, jobs: readonly Job[]): Promise<readonly JobResult[]> {
    const batch = jobs.map(({ masks }) => masks);
    const results = this.#resultsFor(batch.length);
    const bytes = batch.length * this.#resultStride;
    try {
      const mapped = await this.#context.scoped('a batch of candidates', async () => {
        this.#submit(plan, batch, results, bytes);
        await results.host.mapAsync(MAP_READ, 0, bytes);
        return results.host.getMappedRange(0, bytes);
      });
      const words = new Uint32Array(mapped);
      return batch.map((_, k) => {
        const [low, high, correct] = words.subarray((k * this.#resultStride) / 4);
        return { sum: { units: high! * 2 ** 32 + low!, correct: correct! }, images: this.images };
      });
    } catch (error) {
      // A map of the readback may be pending still, and some masks may not have arrived.
      this.#dropResults();
      for (const { masks } of this.#stages) masks.clear();
      throw error;
    } finally {
      results.host.unmap();
    }
  }

  /** The order of images makes no difference: all are visited. */
  reorder(): Promise<void> {
    return Promise.resolve();
  }

  #submit(plan: BatchPlan, batch: readonly Masks[], results: Results, bytes: number): void {
    this.#placeMasks(plan, batch);
    const encoder = this.#context.device.createCommandEncoder({ label: 'batch' });
    encoder.clearBuffer(results.device, 0, bytes);
    const pass = encoder.beginComputePass({ label: 'batch' });
    this.#chunks.forEach((_, c) => this.#encodeChunk(pass, c, plan, batch, results));
    pass.end();
    encoder.copyBufferToBuffer(results.device, 0, results.host, 0, bytes);
    this.#context.device.queue.submit([encoder.finish()]);
  }

  async close(): Promise<void> {
    this.#buffers.destroyAll();
    this.#bindGroups.clear();
    return Promise.resolve();
  }

  #placeMasks(plan: BatchPlan, batch: readonly Masks[]): void {
    this.#stages.forEach(({ masks }, s) => {
      const used = s < plan.start ? [] : batch.map((candidate) => candidate[s]!);
      if (plan.extend && s >= plan.extend.from && s < plan.extend.to) used.push(plan.extend.masks[s]!);
      const before = masks.buffer;
      masks.place(used);
      // Bind groups of a buffer that was replaced are of no use any more.
      if (masks.buffer !== before) this.#bindGroups.clear();
    });
  }

  #encodeChunk(
    pass: GPUComputePassEncoder,
    c: number,
    plan: BatchPlan,
    batch: readonly Masks[],
    results: Results,
  ): void {
    const { cache } = this.#chunks[c]!;
    if (plan.extend) {
      const { from, to, masks } = plan.extend;
      for (let s = from; s < to; s++) this.#encodeStage(pass, c, s, cache[s]!, cache[s + 1]!, masks);
    }
    batch.forEach((masks, k) => {
      for (let s = plan.start; s < this.#stages.length; s++) {
        const x = s === plan.start ? cache[s]! : this.#scratch[s - 1]!;
        this.#encodeStage(pass, c, s, x, this.#scratch[s]!, masks);
      }
      this.#encodeLoss(pass, c, k, results);
    });
  }

  #encodeStage(
    pass: GPUComputePassEncoder,
    c: number,
    s: number,
    x: GPUBuffer,
    y: GPUBuffer,
    masks: Masks,
  ): void {
    const { stage, pipeline, weight, bias, masks: slots } = this.#stages[s]!;
    const { params, images } = this.#chunks[c]!;
    const bindGroup = this.#bindGroup(`${c} ${x.label} > ${y.label}`, pipeline, [
      { buffer: params },
      { buffer: x },
      { buffer: weight },
      { buffer: bias },
      { buffer: slots.buffer, size: slots.stride },
      { buffer: y },
    ]);
    pass.setPipeline(pipeline.pipeline);
    pass.setBindGroup(0, bindGroup, [slots.offsetOf(masks[s]!)]);
    pass.dispatchWorkgroups(...gridOf(stage, images, pipeline.workgroupSize));
  }

  #encodeLoss(pass: GPUComputePassEncoder, c: number, k: number, results: Results): void {
    const { lossParams, labels, images } = this.#chunks[c]!;
    const classes = this.#stages.at(-1)!.stage.outputs;
    const bindGroup = this.#bindGroup(`${c} loss`, this.#loss, [
      { buffer: lossParams },
      { buffer: this.#scratch.at(-1)! },
      { buffer: labels },
      { buffer: results.device, size: this.#resultStride },
    ]);
    pass.setPipeline(this.#loss.pipeline);
    pass.setBindGroup(0, bindGroup, [k * this.#resultStride]);
    pass.dispatchWorkgroups(...softmaxCrossEntropy.grid({ classes }, images, this.#loss.workgroupSize));
  }

  #bindGroup(key: string, { layout }: Pipeline, buffers: readonly GPUBufferBinding[]): GPUBindGroup {
    let bindGroup = this.#bindGroups.get(key);
    if (!bindGroup) {
      bindGroup = this.#context.device.createBindGroup({
        label: key,
        layout,
        entries: buffers.map((resource, binding) => ({ binding, resource })),
      });
      this.#bindGroups.set(key, bindGroup);
    }
    return bindGroup;
  }

  #resultsFor(candidates: number): Results {
    if (this.#results && this.#results.capacity >= candidates) return this.#results;
    this.#dropResults();
    const size = candidates * this.#resultStride;
    const { storage, copySource, copyTarget, mapRead } = BUFFER_USAGE;
    this.#results = {
      device: this.#buffers.create('results', size, storage | copySource | copyTarget),
      host: this.#buffers.create('results readback', size, mapRead | copyTarget),
      capacity: candidates,
    };
    return this.#results;
  }

  #dropResults(): void {
    if (!this.#results) return;
    this.#buffers.destroy(this.#results.device);
    this.#buffers.destroy(this.#results.host);
    this.#results = undefined;
    this.#bindGroups.clear();
  }

  #upload(label: string, data: Float32Array | Uint32Array, usage: number = BUFFER_USAGE.storage): GPUBuffer {
    const buffer = this.#buffers.create(label, data.byteLength, usage | BUFFER_USAGE.copyTarget);
    this.#context.device.queue.writeBuffer(buffer, 0, data as GPUAllowSharedBufferSource);
    return buffer;
  }

  #activations(label: string, perImage: number, images: number): GPUBuffer {
    return this.#buffers.create(label, perImage * quadsOf(images) * QUAD * 4, BUFFER_USAGE.storage);
  }
}

function gridOf(stage: Stage, images: number, workgroupSize: number) {
  return stage.kind === 'conv2d'
    ? maskedConv2d.grid(stage.shape, images, workgroupSize)
    : maskedDense.grid(stage.shape, images, workgroupSize);
}

/** Images per chunk: what is asked for, or as many as the widest activation leaves room for in one binding. */
function chunkSize(context: GpuContext, stages: readonly Stage[], wanted = Infinity): number {
  const widest = Math.max(...stages.flatMap(({ inputs, outputs }) => [inputs, outputs]));
  const { maxBufferSize, maxStorageBufferBindingSize } = context.limits;
  const quad = widest * QUAD * 4;
  context.checkLimit('a quad of images in the widest layer', quad, 'maxStorageBufferBindingSize', 'bytes');
  const fitting = Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / quad) * QUAD;
  return Math.max(1, Math.floor(Math.min(wanted, fitting)));
}

function checkGrid(context: GpuContext, stage: Stage, images: number, workgroupSize: number): void {
  const groups = Math.max(...gridOf(stage, images, workgroupSize));
  context.checkLimit(`the grid of ${stage.name}`, groups, 'maxComputeWorkgroupsPerDimension', 'workgroups');
}
