/**
 * Puts the images of a network into the order of falling loss, on the device. It decides which losses to rank by, and
 * writes the dispatches that rank images and gather their targets and cached tensors.
 */
import { gatherImages } from '../../kernels/gather-images.ts';
import { rankImages } from '../../kernels/rank-images.ts';
import type { JobResult } from '../backend.ts';
import type { DeviceNetwork } from './device-network.ts';
import { FIRST_CANDIDATE } from './dispatch-params.ts';
import type { ImageBuffer } from './image-buffer.ts';

export class ImageOrder {
  readonly #network: DeviceNetwork;
  /** Index of a state whose losses over all images are on the device, and which the images are not ordered by yet. */
  #rankable: number | undefined;
  /** Whether the next batch starts with ranking. */
  #ranks = false;

  constructor(network: DeviceNetwork) {
    this.#network = network;
  }

  /** Makes the next batch rank the images first, if there are losses to rank by. */
  request(): void {
    this.#ranks = this.#rankable !== undefined;
  }

  /** Ranks the images if that was requested. */
  encodeRank(pass: GPUComputePassEncoder, imageBuffer: ImageBuffer): void {
    if (!this.#ranks) return;
    const { compiled, dispatcher, params } = this.#network;
    const { stride, losses, ownTargets, targetsPerImage } = imageBuffer;
    const { from, into, targets } = imageBuffer.beginOrder();
    dispatcher.encode(pass, {
      pipeline: compiled.rank,
      params: params.ofRank(imageBuffer, this.#rankable!),
      buffers: [losses, from, into],
      grid: rankImages.grid(undefined, stride, compiled.rank.tiling, 1),
    });
    this.#encodeRows(pass, imageBuffer, targetsPerImage, [into, ownTargets, targets]);
  }

  /** Gathers the cached tensors that candidates read which start at a cut into the present order, unless they are there already. */
  encodeGather(pass: GPUComputePassEncoder, imageBuffer: ImageBuffer, cut: number): void {
    const { sizes } = this.#network.tensors;
    for (const { tensor, from, into } of imageBuffer.takeGathers(cut)) {
      this.#encodeRows(pass, imageBuffer, sizes[tensor]!, [imageBuffer.order, from, into]);
    }
  }

  #encodeRows(
    pass: GPUComputePassEncoder,
    imageBuffer: ImageBuffer,
    rows: number,
    buffers: readonly GPUBuffer[],
  ): void {
    const { compiled, dispatcher, params } = this.#network;
    dispatcher.encode(pass, {
      pipeline: compiled.gather,
      params: params.ofGather(imageBuffer, rows),
      buffers,
      grid: gatherImages.grid({ rows }, imageBuffer.stride, compiled.gather.tiling, 1),
    });
  }

  /**
   * Notes after a batch which losses are on the device. `results`: of all states, candidates from `FIRST_CANDIDATE` on.
   */
  remember(results: readonly JobResult[]): void {
    const { imageBuffers } = this.#network;
    const rows = Math.min(...imageBuffers.map(({ lossRows }) => lossRows));
    const images = imageBuffers.reduce((sum, imageBuffer) => sum + imageBuffer.images, 0);
    // The images are ordered by them now, or this batch has overwritten them.
    if (this.#rankable !== undefined && (this.#ranks || this.#rankable < results.length)) {
      this.#rankable = undefined;
    }
    this.#ranks = false;
    const last = results.slice(0, rows).findLastIndex((result) => result.images === images);
    if (last >= FIRST_CANDIDATE) this.#rankable = last;
  }

  /** After a failed batch: the losses on the device are unknown. */
  forget(): void {
    this.#rankable = undefined;
    this.#ranks = false;
  }
}
