/** The uniforms of all dispatches of a network: where a dispatch reads and writes, and for which candidates. */
import { softmaxParams } from '../../kernels/softmax-cross-entropy.ts';
import { QUAD, quadsOf } from '../../kernels/spec.ts';
import { layerParams } from '../../kernels/layer.ts';
import type { FusedLayer } from '../../network/fuse.ts';
import type { Chunk } from '../plan/chunks.ts';
import type { BufferSet } from './device/buffer-set.ts';
import type { GpuContext } from './device/context.ts';
import { ParamsTable, type ParamsEntry } from './device/params-table.ts';
import type { ImageBuffer } from './image-buffer.ts';

/** Index of the record and state that the cache is extended with; those of the candidates follow. */
const EXTENDING = 0;
export const FIRST_CANDIDATE = 1;

export class DispatchParams {
  readonly #layers: readonly FusedLayer[];
  readonly #recordWords: number;
  readonly #table: ParamsTable;

  constructor(context: GpuContext, buffers: BufferSet, layers: readonly FusedLayer[], recordWords: number) {
    this.#layers = layers;
    this.#recordWords = recordWords;
    this.#table = new ParamsTable(context, buffers);
  }

  /** Bytes written so far. */
  get writtenBytes(): number {
    return this.#table.writtenBytes;
  }

  /** Writes the uniforms that any small batch needs, so that such a batch writes none. */
  prepare(imageBuffers: readonly ImageBuffer[]): void {
    for (const imageBuffer of imageBuffers) {
      this.#layers.forEach(({ inputs }, s) => {
        if (s + 1 < this.#layers.length) this.ofLayer(imageBuffer, s, 'extend');
        this.ofGather(imageBuffer, inputs);
        for (const chunk of imageBuffer.chunks) {
          this.ofLayer(imageBuffer, s, 'start', chunk, FIRST_CANDIDATE);
          if (s > 0) this.ofLayer(imageBuffer, s, 'follow', chunk, FIRST_CANDIDATE);
        }
      });
      this.ofGather(imageBuffer, 1);
      for (const chunk of imageBuffer.chunks) this.ofLoss(imageBuffer, chunk, FIRST_CANDIDATE);
    }
  }

  /**
   * @param kind `extend`: from cache to cache, over all images of the buffer. `start`: a chunk from the cache into the
   *   arena. `follow`: a chunk from the arena into the arena.
   */
  ofLayer(
    imageBuffer: ImageBuffer,
    layer: number,
    kind: 'extend' | 'start' | 'follow',
    chunk: Chunk = { first: 0, count: imageBuffer.images },
    firstCandidate = EXTENDING,
  ): ParamsEntry {
    const { stride } = imageBuffer;
    const { inputs, outputs } = this.#layers[layer]!;
    const images = quadsOf(chunk.count) * QUAD;
    const fromCache = { x: { first: chunk.first, stride, candidate: 0 } };
    const fromArena = { x: { first: 0, stride: images, candidate: inputs * images } };
    const intoArena = { y: { first: 0, stride: images, candidate: outputs * images } };
    const intoCache = { y: { first: 0, stride, candidate: 0 } };
    return this.#table.get(`${kind} ${layer} ${imageBuffer.index} ${chunk.first} ${firstCandidate}`, () =>
      layerParams({
        ...{ firstCandidate, recordWords: this.#recordWords, mask: layer, images },
        ...(kind === 'follow' ? fromArena : fromCache),
        ...(kind === 'extend' ? intoCache : intoArena),
      }),
    );
  }

  ofLoss(imageBuffer: ImageBuffer, { first, count }: Chunk, firstCandidate: number): ParamsEntry {
    const classes = this.#layers.at(-1)!.outputs;
    const stride = quadsOf(count) * QUAD;
    return this.#table.get(`loss ${imageBuffer.index} ${first} ${firstCandidate}`, () =>
      softmaxParams({
        firstCandidate,
        recordWords: this.#recordWords,
        images: count,
        logitsStride: stride,
        logitsCandidate: classes * stride,
        firstPlace: first,
        lossRows: imageBuffer.lossRows,
        lossesCandidate: imageBuffer.stride,
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
