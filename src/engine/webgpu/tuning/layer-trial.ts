/** One layer's kernel on planted data: to compare tilings bit for bit, and by time. */
import { STATE_WORDS } from '../../../kernels/softmax-cross-entropy.ts';
import { QUAD, quadsOf, type Tiling } from '../../../kernels/spec.ts';
import { LAYER_BINDINGS, layerParams } from '../../../kernels/weights-tile.ts';
import type { FusedLayer } from '../../../network/fuse.ts';
import { BufferSet } from '../device/buffer-set.ts';
import { gridOf, pipelineOf } from '../compiled-network.ts';
import { BUFFER_USAGE, MAP_READ } from '../device/constants.ts';
import type { GpuContext } from '../device/context.ts';
import type { Pipeline, Pipelines } from '../device/pipelines.ts';

/** Dispatches that are timed together, since one may be shorter than the clock's step. */
const DISPATCHES = 4;

export interface TrialRun {
  /** Bits of all outputs. */
  readonly bits: Uint32Array;
  /** Of one dispatch. */
  readonly seconds: number;
}

export class LayerTrial {
  readonly #context: GpuContext;
  readonly #pipelines: Pipelines;
  readonly #layer: FusedLayer;
  readonly #images: number;
  readonly #buffers: BufferSet;
  /** In the order of the kernel's bindings. */
  readonly #bound: readonly GPUBuffer[];
  readonly #host: GPUBuffer;

  /** Rejects with 'limit-exceeded' or 'gpu-failed' if the device has no room for the data. */
  static async create(
    context: GpuContext,
    pipelines: Pipelines,
    layer: FusedLayer,
    images: number,
  ): Promise<LayerTrial> {
    const buffers = new BufferSet(context);
    try {
      const make = () => new LayerTrial(context, pipelines, layer, images, buffers);
      return await context.scoped(`the data of a trial of ${layer.name}`, make);
    } catch (error) {
      buffers.destroyAll();
      throw error;
    }
  }

  private constructor(
    context: GpuContext,
    pipelines: Pipelines,
    layer: FusedLayer,
    images: number,
    buffers: BufferSet,
  ) {
    this.#context = context;
    this.#pipelines = pipelines;
    this.#layer = layer;
    this.#images = images;
    this.#buffers = buffers;
    const stride = quadsOf(images) * QUAD;
    const x = { xFirst: 0, xStride: stride, xCandidate: 0 };
    const y = { yFirst: 0, yStride: stride, yCandidate: 0 };
    const { inputs, outputs, weights, biases } = layer;
    const contents: Record<string, Float32Array | Uint32Array> = {
      params: layerParams({ firstCandidate: 0, recordWords: 3, layer: 0, images: stride, ...x, ...y }),
      records: new Uint32Array(3),
      states: new Uint32Array(STATE_WORDS),
      x: planted(inputs * stride),
      weight: planted(weights),
      bias: planted(biases),
      mask: Uint32Array.from({ length: Math.ceil(weights / 32) }, (_, i) => scatter(i) | scatter(i + 1)),
      y: new Float32Array(outputs * stride),
    };
    const { storage, uniform, copySource, copyTarget, mapRead } = BUFFER_USAGE;
    this.#bound = LAYER_BINDINGS.map(({ name, type }) => {
      const usage = type === 'uniform' ? uniform : storage | copySource;
      const data = contents[name]!;
      const buffer = this.#buffers.create(`trial ${name}`, data.byteLength, usage | copyTarget);
      context.device.queue.writeBuffer(buffer, 0, data as GPUAllowSharedBufferSource);
      return buffer;
    });
    this.#host = this.#buffers.create('trial readback', outputs * stride * 4, mapRead | copyTarget);
  }

  /** Compiles for a later run. Rejects if the device does not take the tiling. */
  async compile(tiling: Tiling): Promise<void> {
    await pipelineOf(this.#pipelines, this.#layer, tiling);
  }

  /** Rejects if the device does not take the tiling. */
  async run(tiling: Tiling): Promise<TrialRun> {
    const pipeline = await pipelineOf(this.#pipelines, this.#layer, tiling);
    const { device } = this.#context;
    const what = `a trial of ${this.#layer.name}`;
    const bits = await this.#context.scoped(what, async () => {
      const encoder = device.createCommandEncoder();
      this.#encode(encoder, pipeline, 1);
      encoder.copyBufferToBuffer(this.#bound.at(-1)!, 0, this.#host, 0, this.#host.size);
      device.queue.submit([encoder.finish()]);
      await this.#host.mapAsync(MAP_READ);
      const words = new Uint32Array(this.#host.getMappedRange().slice(0));
      this.#host.unmap();
      return words;
    });
    const time = () => this.#context.scoped(what, () => this.#time(pipeline));
    return { bits, seconds: Math.min(await time(), await time()) };
  }

  close(): void {
    this.#buffers.destroyAll();
  }

  #encode(encoder: GPUCommandEncoder, pipeline: Pipeline, dispatches: number): void {
    const pass = encoder.beginComputePass();
    const entries = this.#bound.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const { layout } = pipeline;
    pass.setPipeline(pipeline.pipeline);
    pass.setBindGroup(0, this.#context.device.createBindGroup({ layout, entries }), [0]);
    const grid = gridOf(this.#layer, pipeline, this.#images, 1);
    for (let i = 0; i < dispatches; i++) pass.dispatchWorkgroups(...grid);
    pass.end();
  }

  async #time(pipeline: Pipeline): Promise<number> {
    const { queue } = this.#context.device;
    const encoder = this.#context.device.createCommandEncoder();
    this.#encode(encoder, pipeline, DISPATCHES);
    const commands = encoder.finish();
    const began = performance.now();
    queue.submit([commands]);
    await queue.onSubmittedWorkDone();
    return (performance.now() - began) / 1000 / DISPATCHES;
  }
}

/** Bits without a pattern. */
function scatter(i: number): number {
  const mixed = Math.imul(i ^ (i >>> 15), 0x2c1b3c6d);
  return Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) >>> 0;
}

/** Numbers from -1 to 1 whose sums depend on the order of summation. */
function planted(length: number): Float32Array {
  const numbers = new Float32Array(length);
  for (let i = 0; i < length; i++) numbers[i] = scatter(i + length) / 2 ** 31 - 1;
  return numbers;
}
