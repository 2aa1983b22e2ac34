/** Writes the dispatches of a batch into a compute pass. */
import type { Chunk } from '../plan/chunks.ts';
import type { BatchPlan } from '../plan/prefix-cache.ts';
import type { DeviceNetwork } from './device-network.ts';
import type { ParamsEntry } from './device/params-table.ts';
import { FIRST_CANDIDATE } from './dispatch-params.ts';
import type { ImageBuffer } from './image-buffer.ts';
import type { ImageOrder } from './image-order.ts';

/** Candidates that run side by side over one chunk of images. */
interface Wave {
  readonly imageBuffer: ImageBuffer;
  readonly chunk: Chunk;
  /** The first layer to run. */
  readonly start: number;
  /** Index of the first candidate's record and state. */
  readonly first: number;
  readonly candidates: number;
}

/** Where one layer reads and writes. */
interface LayerDispatch {
  readonly params: ParamsEntry;
  readonly x: GPUBuffer;
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

  /** Extends the cache by the outputs of the layers from `from` to before `to`. */
  #encodeExtend(pass: GPUComputePassEncoder, imageBuffer: ImageBuffer, from: number, to: number): void {
    const { params } = this.#network;
    for (let s = from; s < to; s++) {
      this.#encodeLayer(pass, s, {
        params: params.ofLayer(imageBuffer, s, 'extend'),
        x: imageBuffer.cache[s]!,
        y: imageBuffer.cache[s + 1]!,
        images: imageBuffer.images,
        candidates: 1,
      });
    }
    imageBuffer.extended();
  }

  #encodeWave(pass: GPUComputePassEncoder, { imageBuffer, chunk, start, first, candidates }: Wave): void {
    const { layers, arena, params } = this.#network;
    for (let s = start; s < layers.length; s++) {
      this.#encodeLayer(pass, s, {
        params: params.ofLayer(imageBuffer, s, s === start ? 'start' : 'follow', chunk, first),
        x: s === start ? imageBuffer.inputOf(s) : arena.outputOf(s - 1),
        y: arena.outputOf(s),
        images: chunk.count,
        candidates,
      });
    }
    const { records, states } = this.#network.candidates;
    const logits = arena.outputOf(layers.length - 1);
    this.#network.dispatcher.encode(pass, {
      pipeline: this.#network.compiled.loss,
      params: params.ofLoss(imageBuffer, chunk, first),
      buffers: [records, states, logits, imageBuffer.labels, imageBuffer.losses],
      grid: [candidates, 1, 1],
    });
  }

  #encodeLayer(
    pass: GPUComputePassEncoder,
    s: number,
    { params, x, y, images, candidates }: LayerDispatch,
  ): void {
    const { kernel, pipeline, weight, bias, masks } = this.#network.layers[s]!;
    const { records, states } = this.#network.candidates;
    this.#network.dispatcher.encode(pass, {
      pipeline,
      params,
      buffers: [records, states, x, weight, bias, masks.buffer, y],
      grid: kernel.grid(undefined, images, pipeline.tiling, candidates),
    });
  }
}
