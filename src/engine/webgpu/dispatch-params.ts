/** The uniforms of all dispatches of a network: where a dispatch reads and writes, and for which candidates. */
import { layerParams } from '../../kernels/layer.ts';
import { lossParams, targetsPerImage, type Loss } from '../../kernels/loss.ts';
import { QUAD, quadsOf } from '../../kernels/spec.ts';
import type { TensorIndex } from '../../network/fused-layer.ts';
import type { Chunk } from '../plan/chunks.ts';
import type { BufferSet } from './device/buffer-set.ts';
import type { GpuContext } from './device/context.ts';
import { ParamsTable, type ParamsEntry } from './device/params-table.ts';
import type { ImageBuffer } from './image-buffer.ts';
import type { LayerPlaces, Place, TensorPlan } from './tensor-plan.ts';

/** Index of the record and state that the cache is extended with; those of the candidates follow. */
const EXTENDING = 0;
export const FIRST_CANDIDATE = 1;

export class DispatchParams {
  readonly #tensors: TensorPlan;
  readonly #loss: Loss;
  readonly #recordWords: number;
  readonly #table: ParamsTable;

  constructor(context: GpuContext, buffers: BufferSet, tensors: TensorPlan, loss: Loss, recordWords: number) {
    this.#tensors = tensors;
    this.#loss = loss;
    this.#recordWords = recordWords;
    this.#table = new ParamsTable(context, buffers);
  }

  /** Bytes written so far. */
  get writtenBytes(): number {
    return this.#table.writtenBytes;
  }

  /** Writes the uniforms that any small batch needs, so that such a batch writes none. */
  prepare(imageBuffers: readonly ImageBuffer[]): void {
    const { layers, cuts, cached, sizes } = this.#tensors;
    const end = cuts.at(-1) ?? 0;
    for (const imageBuffer of imageBuffers) {
      for (const tensor of cached) this.ofGather(imageBuffer, sizes[tensor]!);
      this.ofGather(imageBuffer, targetsPerImage(this.#loss));
      if (this.#tensors.maxUncached(0, end) === 0) {
        for (let s = 0; s < end; s++) {
          this.ofLayer(imageBuffer, s, this.#tensors.placesOfExtending(s), imageBuffer.whole);
        }
      }
      for (const chunk of imageBuffer.chunks) {
        for (const start of [0, ...cuts]) {
          for (let s = start; s < layers.length; s++) {
            this.ofLayer(imageBuffer, s, this.#tensors.placesFrom(start, s), chunk, FIRST_CANDIDATE);
          }
        }
        this.ofLoss(imageBuffer, chunk, FIRST_CANDIDATE);
      }
    }
  }

  ofLayer(
    imageBuffer: ImageBuffer,
    layer: number,
    { reads, writes }: LayerPlaces,
    chunk: Chunk,
    firstCandidate = EXTENDING,
  ): ParamsEntry {
    const { layers, sizes } = this.#tensors;
    const { reads: inputs, mask = 0 } = layers[layer]!;
    const images = quadsOf(chunk.count) * QUAD;
    const placeOf = (place: Place, tensor: TensorIndex) =>
      place === 'cache'
        ? { first: chunk.first, stride: imageBuffer.stride, candidate: 0 }
        : { first: 0, stride: images, candidate: sizes[tensor]! * images };
    const key = [layer, ...reads, writes, imageBuffer.index, chunk.first, chunk.count, firstCandidate];
    return this.#table.get(key.join(' '), () => {
      const [x, second] = reads.map((place, i) => placeOf(place, inputs[i]!));
      const y = placeOf(writes, layer + 1);
      return layerParams({
        ...{ firstCandidate, recordWords: this.#recordWords, mask, images },
        ...{ x: x!, second, y },
      });
    });
  }

  ofLoss(imageBuffer: ImageBuffer, { first, count }: Chunk, firstCandidate: number): ParamsEntry {
    const { outputs, scale } = this.#loss;
    const stride = quadsOf(count) * QUAD;
    return this.#table.get(`loss ${imageBuffer.index} ${first} ${firstCandidate}`, () =>
      lossParams({
        firstCandidate,
        recordWords: this.#recordWords,
        images: count,
        scoresStride: stride,
        scoresCandidate: outputs * stride,
        firstPlace: first,
        lossRows: imageBuffer.lossRows,
        lossesCandidate: imageBuffer.stride,
        targetsStride: imageBuffer.stride,
        scale,
      }),
    );
  }

  /** @param row the candidate whose losses the images are ranked by */
  ofRank({ index, images, stride }: ImageBuffer, row: number): ParamsEntry {
    return this.#table.get(`rank ${index} ${row}`, () => Uint32Array.of(images, stride, row * stride));
  }

  /** @param rows words per image */
  ofGather({ index, stride }: ImageBuffer, rows: number): ParamsEntry {
    return this.#table.get(`gather ${index} ${rows}`, () => Uint32Array.of(stride, rows));
  }

  /** Destroys all uniforms, some of which may be invalid after a failed batch. */
  release(): void {
    this.#table.release();
  }
}
