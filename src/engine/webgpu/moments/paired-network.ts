/**
 * The unpruned and the current network with their images on the device: see `pairedLayers`. It knows no masks: pruned weights are zeros. Nor candidates: the one
 * record and state that kernels of layers read say that nothing is pruned or stopped.
 */
import type { ImageSet } from '../../../data/dataset.ts';
import { layerParams } from '../../../kernels/layer.ts';
import { RECORD_LIMIT_WORDS, STATE_WORDS } from '../../../kernels/loss-sum.ts';
import { momentsParams } from '../../../kernels/second-moments.ts';
import { QUAD, quadsOf, type Grid } from '../../../kernels/spec.ts';
import type { TensorIndex } from '../../../network/fused-layer.ts';
import { layerParameters, type LayerParameters } from '../../../network/layer-parameters.ts';
import { tensorSizes } from '../../../network/liveness.ts';
import type { Model } from '../../../network/model.ts';
import { imagesInnermost } from '../../images.ts';
import type { Chunk } from '../../plan/chunks.ts';
import { Arena, DEFAULT_ARENA_BYTES } from '../arena.ts';
import type { CompiledLayer } from '../compiled-network.ts';
import type { BufferSet } from '../device/buffer-set.ts';
import { BUFFER_USAGE } from '../device/constants.ts';
import type { GpuContext } from '../device/context.ts';
import { Dispatcher } from '../device/dispatcher.ts';
import { ParamsTable } from '../device/params-table.ts';
import type { Pipeline } from '../device/pipelines.ts';
import { splitImages, type ImageRun } from '../split-images.ts';
import { arenaParts } from '../tensor-plan.ts';

export interface MomentsRunnerOptions {
  /** Whether the adapter computes on the processor. */
  readonly software: boolean;
  /** The most images in one chunk; fewer if the arena demands it. Default: as many as fit. */
  readonly chunkImages?: number;
}

/** A run of images on the device. */
export interface MomentsImages extends ImageRun {
  /** [channel, row, column, image] f32, rows of `stride` images. */
  readonly buffer: GPUBuffer;
  readonly stride: number;
}

/** A dispatch of `second_moments`. */
export interface MomentsDispatch {
  readonly pipeline: Pipeline;
  readonly grid: Grid;
  /** The first unit. */
  readonly first: number;
  readonly x: TensorIndex;
  readonly y: TensorIndex;
  readonly sums: GPUBuffer;
}

export class PairedNetwork {
  readonly images: readonly MomentsImages[];
  readonly #context: GpuContext;
  readonly #compiled: readonly CompiledLayer[];
  /** Elements per image of every tensor. */
  readonly #sizes: readonly number[];
  /** Part of the arena that holds each tensor. */
  readonly #parts: readonly number[];
  readonly #arena: Arena;
  /** Of each layer, by the names of the kernel's bindings. */
  readonly #operands: readonly Readonly<Record<string, GPUBuffer>>[];
  readonly #params: ParamsTable;
  readonly #dispatcher: Dispatcher;

  /** Uploads everything but the parameters of the current network. Throws 'limit-exceeded' if four images exceed the device's limits. */
  constructor(
    context: GpuContext,
    buffers: BufferSet,
    compiled: readonly CompiledLayer[],
    model: Model,
    images: ImageSet,
    options: MomentsRunnerOptions,
  ) {
    const layers = compiled.map(({ layer }) => layer);
    this.#context = context;
    this.#compiled = compiled;
    this.#sizes = tensorSizes(model.network, layers);
    this.#parts = arenaParts(layers);
    const maxWritten = Math.max(...this.#sizes.slice(1));
    this.#arena = new Arena(context, buffers, {
      parts: Math.max(...this.#parts) + 1,
      bytes: DEFAULT_ARENA_BYTES,
      minPartBytes: maxWritten * QUAD * 4,
    });
    const sizes = { maxCached: this.#sizes[0]!, maxWritten, partBytes: this.#arena.partBytes };
    this.images = splitImages(context, images.count, sizes, { ...options, earlyRejection: false }).map(
      (run) => ({
        ...run,
        buffer: buffers.upload('images', imagesInnermost(model, images, run.first, run.count)),
        stride: quadsOf(run.count) * QUAD,
      }),
    );
    this.#params = new ParamsTable(context, buffers);
    this.#dispatcher = new Dispatcher(context);
    const maskWords = Math.ceil(Math.max(...layers.map(({ weights }) => weights)) / 32) + 1;
    const common = {
      mask: buffers.upload('mask', new Uint32Array(maskWords).fill(0xffffffff)),
      records: buffers.upload('record', new Uint32Array(RECORD_LIMIT_WORDS + 1)),
      states: buffers.upload('state', new Uint32Array(STATE_WORDS)),
    };
    this.#operands = layers.map(({ name, kind, weights, biases }) => {
      if (weights === 0) return common;
      const usage = BUFFER_USAGE.storage | BUFFER_USAGE.copyTarget;
      const weight = buffers.create(`${name} weight`, weights * 4, usage);
      const bias = buffers.create(`${name} bias`, biases * 4, usage);
      return { ...common, ...(kind === 'affine' ? { scale: weight, shift: bias } : { weight, bias }) };
    });
    layerParameters(model).forEach((parameters, s) => this.write(2 * s, parameters));
  }

  /** Writes the parameters of layer `s`. */
  write(s: number, { weight, bias }: LayerParameters): void {
    const operands = this.#operands[s]!;
    const { queue } = this.#context.device;
    const [first, second] = [operands['weight'] ?? operands['scale'], operands['bias'] ?? operands['shift']];
    if (first) queue.writeBuffer(first, 0, weight as GPUAllowSharedBufferSource);
    if (second) queue.writeBuffer(second, 0, bias as GPUAllowSharedBufferSource);
  }

  /** Makes room for the activations of a chunk. */
  reserve(): void {
    const images = Math.max(...this.images.flatMap(({ chunks }) => chunks.map(({ count }) => count)));
    const elements = Math.max(...this.#sizes.slice(1));
    if (this.#arena.reserve(elements * quadsOf(images) * QUAD * 4)) this.#dispatcher.clear();
  }

  /** Encodes layer `s` over a chunk of images. */
  encodeLayer(pass: GPUComputePassEncoder, s: number, images: MomentsImages, chunk: Chunk): void {
    const { layer, kernel, pipeline } = this.#compiled[s]!;
    const [x, second] = layer.reads.map((tensor) => this.#placeOf(tensor, images, chunk));
    const y = this.#placeOf(s + 1, images, chunk);
    const padded = quadsOf(chunk.count) * QUAD;
    const params = this.#params.get(`layer ${s} ${images.first} ${chunk.first} ${chunk.count}`, () =>
      layerParams({
        ...{ firstCandidate: 0, recordWords: RECORD_LIMIT_WORDS + 1, mask: 0, images: padded },
        ...{ x: x!, second, y },
      }),
    );
    const buffers: Readonly<Record<string, GPUBuffer | undefined>> = {
      ...this.#operands[s]!,
      ...{ x: x!.buffer, second: second?.buffer, y: y.buffer },
    };
    this.#dispatcher.encode(pass, {
      ...{ pipeline, params },
      // The first binding is the uniform.
      buffers: kernel.bindings.slice(1).map(({ name }) => buffers[name]!),
      grid: kernel.grid(undefined, chunk.count, pipeline.tiling, 1),
    });
  }

  encodeMoments(
    pass: GPUComputePassEncoder,
    { pipeline, grid, first, ...dispatch }: MomentsDispatch,
    images: MomentsImages,
    chunk: Chunk,
  ): void {
    const x = this.#placeOf(dispatch.x, images, chunk);
    const y = this.#placeOf(dispatch.y, images, chunk);
    const isSymmetric = dispatch.x === dispatch.y;
    const key = ['moments', dispatch.x, dispatch.y, first, images.first, chunk.first, chunk.count];
    const params = this.#params.get(key.join(' '), () =>
      momentsParams({ images: chunk.count, firstUnit: first, isSymmetric, x, y }),
    );
    const buffers = [x.buffer, y.buffer, dispatch.sums];
    this.#dispatcher.encode(pass, { pipeline, params, buffers, grid });
  }

  /** Forgets what refers to buffers that were destroyed. */
  forget(): void {
    this.#dispatcher.clear();
  }

  /** Where a tensor is: the images in a buffer of their own, all others in the arena, for the images of a chunk. */
  #placeOf(tensor: TensorIndex, { buffer, stride }: MomentsImages, { first, count }: Chunk) {
    return tensor === 0
      ? { buffer, first, stride, candidate: 0 }
      : {
          buffer: this.#arena.part(this.#parts[tensor]!),
          first: 0,
          stride: quadsOf(count) * QUAD,
          candidate: 0,
        };
  }
}
