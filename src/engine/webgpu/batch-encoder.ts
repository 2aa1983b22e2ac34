/** Writes the dispatches of a batch into a compute pass. */
import type { TensorIndex } from '../../network/fused-layer.ts';
import type { Chunk } from '../plan/chunks.ts';
import type { BatchPlan } from '../plan/prefix-cache.ts';
import type { DeviceNetwork } from './device-network.ts';
import type { ParamsEntry } from './device/params-table.ts';
import { FIRST_CANDIDATE } from './dispatch-params.ts';
import type { ImageBuffer } from './image-buffer.ts';
import type { ImageOrder } from './image-order.ts';
import type { Place } from './tensor-plan.ts';

/** Candidates that run side by side over one chunk of images. */
interface Wave {
  readonly imageBuffer: ImageBuffer;
  readonly chunk: Chunk;
  /** The cut that the candidates start at. */
  readonly start: number;
  /** Index of the first candidate's record and state. */
  readonly first: number;
  readonly candidates: number;
  /** Images and targets for candidates that start at the images. Default: those in the visiting order. */
  readonly images?: GPUBuffer;
  readonly targets?: GPUBuffer;
}

/** Where one layer reads and writes. */
interface LayerDispatch {
  readonly params: ParamsEntry;
  readonly inputs: readonly GPUBuffer[];
  readonly y: GPUBuffer;
  readonly images: number;
  readonly candidates: number;
}

export class BatchEncoder {
  readonly #network: DeviceNetwork;
  readonly #order: ImageOrder;

  constructor(network: DeviceNetwork, order: ImageOrder) {
    this.#network = network;
    this.#order = order;
  }

  /** Encodes the part of a batch of `jobs` candidates that runs over the images of one buffer. */
  encode(pass: GPUComputePassEncoder, imageBuffer: ImageBuffer, plan: BatchPlan, jobs: number): void {
    const { extend, start } = plan;
    this.#order.encodeRank(pass, imageBuffer);
    if (extend) this.#encodeExtend(pass, imageBuffer, extend.from, extend.to);
    this.#order.encodeGather(pass, imageBuffer, start);
    for (const chunk of imageBuffer.chunks) {
      const size = this.#network.candidatesSideBySide(start, chunk.count);
      for (let first = 0; first < jobs; first += size) {
        const candidates = Math.min(size, jobs - first);
        this.#encodeWave(pass, { imageBuffer, chunk, start, first: FIRST_CANDIDATE + first, candidates });
      }
    }
  }

  /** Encodes one candidate over a chunk of images in their own order. Its outputs are in the arena then. */
  encodeOutputs(pass: GPUComputePassEncoder, imageBuffer: ImageBuffer, chunk: Chunk): void {
    this.#encodeWave(pass, {
      ...{ imageBuffer, chunk, start: 0, first: FIRST_CANDIDATE, candidates: 1 },
      ...{ images: imageBuffer.cache.get(0)!, targets: imageBuffer.ownTargets },
    });
  }

  /** The part of the arena that has the outputs of the network. */
  get outputs(): GPUBuffer {
    const { tensors, arena } = this.#network;
    return arena.part(tensors.parts.at(-1)!);
  }

  /**
   * Extends the cache by the layers from `from` to before `to`: over all images at once if all that they write is cached, else chunk by
   * chunk.
   */
  #encodeExtend(pass: GPUComputePassEncoder, imageBuffer: ImageBuffer, from: number, to: number): void {
    const { params, tensors, arena } = this.#network;
    const bufferOf = (place: Place, tensor: TensorIndex) =>
      place === 'cache' ? imageBuffer.cache.get(tensor)! : arena.part(tensors.parts[tensor]!);
    const isWhole = tensors.maxUncached(from, to) === 0;
    for (const chunk of isWhole ? [imageBuffer.whole] : imageBuffer.chunks) {
      for (let s = from; s < to; s++) {
        const places = tensors.placesOfExtending(s);
        const { reads } = tensors.layers[s]!;
        this.#encodeLayer(pass, s, {
          params: params.ofLayer(imageBuffer, s, places, chunk),
          inputs: reads.map((tensor, i) => bufferOf(places.reads[i]!, tensor)),
          y: bufferOf(places.writes, s + 1),
          images: chunk.count,
          candidates: 1,
        });
      }
    }
    imageBuffer.extended();
  }

  #encodeWave(pass: GPUComputePassEncoder, wave: Wave): void {
    const { imageBuffer, chunk, start, first, candidates, images, targets = imageBuffer.targets } = wave;
    const { tensors, arena, params } = this.#network;
    const partOf = (tensor: TensorIndex) => arena.part(tensors.parts[tensor]!);
    const { length } = tensors.layers;
    for (let s = start; s < length; s++) {
      const { reads } = tensors.layers[s]!;
      this.#encodeLayer(pass, s, {
        params: params.ofLayer(imageBuffer, s, tensors.placesFrom(start, s), chunk, first),
        inputs: reads.map((tensor) =>
          tensor <= start ? (images ?? imageBuffer.inputOf(tensor, start)) : partOf(tensor),
        ),
        y: partOf(s + 1),
        images: chunk.count,
        candidates,
      });
    }
    const { records, states } = this.#network.candidates;
    this.#network.dispatcher.encode(pass, {
      pipeline: this.#network.compiled.loss,
      params: params.ofLoss(imageBuffer, chunk, first),
      buffers: [records, states, partOf(length), targets, imageBuffer.losses],
      grid: [candidates, 1, 1],
    });
  }

  #encodeLayer(
    pass: GPUComputePassEncoder,
    s: number,
    { params, inputs, y, images, candidates }: LayerDispatch,
  ): void {
    const { kernel, pipeline, parameters, masks } = this.#network.layers[s]!;
    const { records, states } = this.#network.candidates;
    const [x, second] = inputs;
    const buffers: Readonly<Record<string, GPUBuffer | undefined>> = {
      ...{ records, states, x, second, ...parameters, mask: masks?.buffer, y },
    };
    this.#network.dispatcher.encode(pass, {
      pipeline,
      params,
      // The first binding is the uniform.
      buffers: kernel.bindings.slice(1).map(({ name }) => buffers[name]!),
      grid: kernel.grid(undefined, images, pipeline.tiling, candidates),
    });
  }
}
