/** The uniforms of all dispatches of a network: what each reads, where it writes, for which candidates. */
import { softmaxParams } from '../../kernels/softmax-cross-entropy.ts';
import { QUAD, quadsOf } from '../../kernels/spec.ts';
import { layerParams } from '../../kernels/weights-tile.ts';
import type { FusedLayer } from '../../network/fuse.ts';
import type { Chunk } from '../plan/chunks.ts';
import type { BufferSet } from './device/buffer-set.ts';
import type { GpuContext } from './device/context.ts';
import { ParamsTable, type ParamsEntry } from './device/params-table.ts';
import type { ImageBuffer } from './image-buffer.ts';

/** The record and state of the layers that fill the cache: the first of a batch. Candidates come after it. */
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

  /** Bytes that one uniform is bound with. */
  get stride(): number {
    return this.#table.stride;
  }

  /** Bytes written so far. */
  get writtenBytes(): number {
    return this.#table.writtenBytes;
  }

  /** Writes what any small batch needs, so that nothing has to be written with one. */
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
   * `extend`: from cache to cache, all images of the imageBuffer. `start`: from the cache, `follow`: from the arena, both of a
   * chunk into the arena.
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
    const fromSegment = { xFirst: chunk.first, xStride: stride, xCandidate: 0 };
    const fromArena = { xFirst: 0, xStride: images, xCandidate: inputs * images };
    const intoArena = { yFirst: 0, yStride: images, yCandidate: outputs * images };
    const intoSegment = { yFirst: 0, yStride: stride, yCandidate: 0 };
    return this.#table.get(`${kind} ${layer} ${imageBuffer.index} ${chunk.first} ${firstCandidate}`, () =>
      layerParams({
        ...{ firstCandidate, recordWords: this.#recordWords, layer, images },
        ...(kind === 'follow' ? fromArena : fromSegment),
        ...(kind === 'extend' ? intoSegment : intoArena),
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

  /** `row`: the candidate whose losses tell the order. */
  ofRank({ index, images, stride }: ImageBuffer, row: number): ParamsEntry {
    return this.#table.get(`rank ${index} ${row}`, () => Uint32Array.of(images, stride, row * stride));
  }

  ofGather({ index, stride }: ImageBuffer, rows: number): ParamsEntry {
    return this.#table.get(`gather ${index} ${rows}`, () => Uint32Array.of(stride, rows));
  }

  /** Gives up all: the device may not have had room for them. */
  release(): void {
    this.#table.release();
  }
}
