/**
 * Sums second moments on a WebGPU device. The layers of both networks run chunk by chunk of images; the sums of every piece of a chunk are read back and added
 * in float64, in their order.
 */
import type { MasksearchError } from '../../../core/error.ts';
import type { ImageSet } from '../../../data/dataset.ts';
import { momentUnits, secondMoments, type MomentsShape } from '../../../kernels/second-moments.ts';
import type { FusedLayer } from '../../../network/fused-layer.ts';
import { fuse } from '../../../network/fuse.ts';
import type { LayerParameters } from '../../../network/layer-parameters.ts';
import type { Model } from '../../../network/model.ts';
import { momentsShapeOf } from '../../../network/moments-shape.ts';
import type { MomentsPass, MomentSums, MomentsRunner } from '../../backend.ts';
import { checkAborted } from '../../check-aborted.ts';
import type { Chunk } from '../../plan/chunks.ts';
import { pairedLayers } from '../../plan/paired-layers.ts';
import { BufferSet } from '../device/buffer-set.ts';
import { BUFFER_USAGE, MAP_READ } from '../device/constants.ts';
import type { GpuContext } from '../device/context.ts';
import type { Pipelines } from '../device/pipelines.ts';
import { layerKernel } from '../layer-kernel.ts';
import { LIKELIEST_TILINGS, MOMENTS_TILINGS, SOFTWARE_TILINGS } from '../tuning/tilings.ts';
import { PairedNetwork, type MomentsImages, type MomentsRunnerOptions } from './paired-network.ts';

/** Bytes of the sums that one submission writes, unless those of one piece are more. */
const MAX_SUMS_BYTES = 32 * 2 ** 20;
const MAX_GRID = 65_535;

/** An open device with its compiled kernels. */
interface Device {
  readonly context: GpuContext;
  readonly pipelines: Pipelines;
}

/** What is summed up: pairs of tensors under the weights of a layer. */
interface Pair {
  readonly shape: MomentsShape;
  readonly x: number;
  readonly y: number;
  /** [group, size, size] */
  readonly total: Float64Array;
}

/** The chunks of a run of images that are of the first `count` of all; the last may be shorter. */
function within({ first, chunks }: MomentsImages, count: number): readonly Chunk[] {
  return chunks
    .map((chunk) => ({ ...chunk, count: Math.min(chunk.count, count - first - chunk.first) }))
    .filter((chunk) => chunk.count > 0);
}

export class WebGpuMomentsRunner implements MomentsRunner {
  readonly #device: Device;
  readonly #buffers: BufferSet;
  readonly #network: PairedNetwork;
  readonly #layers: readonly FusedLayer[];
  readonly #software: boolean;

  /**
   * Compiles the layers and uploads the images and the unpruned network. Rejects with 'limit-exceeded', 'shader-failed' or
   * 'gpu-failed' if the device cannot run them.
   */
  static async create(
    device: Device,
    model: Model,
    images: ImageSet,
    options: MomentsRunnerOptions,
  ): Promise<WebGpuMomentsRunner> {
    const { context, pipelines } = device;
    const layers = pairedLayers(fuse(model.network));
    const tilings = options.software ? SOFTWARE_TILINGS : LIKELIEST_TILINGS;
    const compiled = await Promise.all(
      layers.map(async (layer) => {
        const kernel = layerKernel(layer);
        return { layer, kernel, pipeline: await pipelines.get(kernel, undefined, tilings[layer.kind]) };
      }),
    );
    const buffers = new BufferSet(context);
    try {
      const network = await context.scoped(
        'the upload of the model and the images',
        () => new PairedNetwork(context, buffers, compiled, model, images, options),
      );
      return new WebGpuMomentsRunner(device, buffers, network, layers, options.software);
    } catch (error) {
      buffers.destroyAll();
      throw error;
    }
  }

  private constructor(
    device: Device,
    buffers: BufferSet,
    network: PairedNetwork,
    layers: readonly FusedLayer[],
    software: boolean,
  ) {
    this.#device = device;
    this.#buffers = buffers;
    this.#network = network;
    this.#layers = layers;
    this.#software = software;
  }

  get failure(): MasksearchError | undefined {
    return this.#device.context.failure;
  }

  async run(
    { run, uses, groups, size, isSame, images: count }: MomentsPass,
    current: readonly LayerParameters[],
    signal: AbortSignal | undefined,
  ): Promise<MomentSums> {
    const gram = new Float64Array(groups * size * size);
    const cross = isSame ? undefined : new Float64Array(gram.length);
    for (const s of run) if (s % 2 === 1) this.#network.write(s, current[Math.floor(s / 2)]!);
    const steps = [...new Set([...run, ...uses])].sort((a, b) => a - b);
    for (const images of this.#network.images) {
      for (const chunk of within(images, count)) {
        let from = 0;
        for (const use of uses) {
          const to = steps.indexOf(use);
          await this.#runLayers(steps.slice(from, to), images, chunk, signal);
          from = to;
          const shape = momentsShapeOf(this.#layers[use]!);
          const unpruned = this.#layers[use]!.reads[0]!;
          const x = isSame ? unpruned : this.#layers[use + 1]!.reads[0]!;
          await this.#sum({ shape, x, y: x, total: gram }, images, chunk, signal);
          if (cross) await this.#sum({ shape, x, y: unpruned, total: cross }, images, chunk, signal);
        }
      }
    }
    return { gram, cross };
  }

  /** Submits those layers of `steps` that are run, over a chunk of images. */
  async #runLayers(
    steps: readonly number[],
    images: MomentsImages,
    chunk: Chunk,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    checkAborted(signal);
    const { context } = this.#device;
    await context.scoped('the layers of a network', () => {
      this.#network.reserve();
      const encoder = context.device.createCommandEncoder({ label: 'layers' });
      const pass = encoder.beginComputePass({ label: 'layers' });
      for (const s of steps) this.#network.encodeLayer(pass, s, images, chunk);
      pass.end();
      context.device.queue.submit([encoder.finish()]);
    });
  }

  /** Adds the moments of a pair of tensors over a chunk of images. */
  async #sum(
    { shape, x, y, total }: Pair,
    images: MomentsImages,
    chunk: Chunk,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { context, pipelines } = this.#device;
    const { groups } = shape;
    const tiling = MOMENTS_TILINGS[this.#software ? 'software' : 'hardware'];
    const pipeline = await pipelines.get(secondMoments, shape, tiling);
    const matrix = total.length / groups;
    const units = momentUnits(shape, chunk.count);
    const perSubmission = Math.min(MAX_GRID, Math.max(1, Math.floor(MAX_SUMS_BYTES / (matrix * 4))));
    for (let first = 0; first < units; first += perSubmission) {
      checkAborted(signal);
      const count = Math.min(perSubmission, units - first);
      const grid = secondMoments.grid(shape, chunk.count, tiling, count);
      const sums = await context.scoped('second moments', () =>
        this.#read(count * matrix * 4, (pass, buffer) =>
          this.#network.encodeMoments(pass, { pipeline, grid, first, x, y, sums: buffer }, images, chunk),
        ),
      );
      for (let unit = 0; unit < count; unit++) {
        const from = unit * matrix;
        const to = ((first + unit) % groups) * matrix;
        for (let i = 0; i < matrix; i++) total[to + i]! += sums[from + i]!;
      }
    }
  }

  /** What dispatches write to a buffer of so many bytes. */
  async #read(
    bytes: number,
    encode: (pass: GPUComputePassEncoder, sums: GPUBuffer) => void,
  ): Promise<Float32Array> {
    const { device } = this.#device.context;
    const { storage, copySource, copyTarget, mapRead } = BUFFER_USAGE;
    const sums = this.#buffers.create('second moments', bytes, storage | copySource);
    const host = this.#buffers.create('second moments readback', bytes, mapRead | copyTarget);
    try {
      const encoder = device.createCommandEncoder({ label: 'second moments' });
      const pass = encoder.beginComputePass({ label: 'second moments' });
      encode(pass, sums);
      pass.end();
      encoder.copyBufferToBuffer(sums, 0, host, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await host.mapAsync(MAP_READ);
      return new Float32Array(host.getMappedRange().slice(0));
    } finally {
      this.#buffers.destroy(sums);
      this.#buffers.destroy(host);
      this.#network.forget();
    }
  }

  async close(): Promise<void> {
    this.#buffers.destroyAll();
    this.#network.forget();
    return Promise.resolve();
  }
}
