/**
 * Device memory for the activations of candidates that run side by side. It has two halves, since a dispatch cannot
 * read and write the same buffer: layers alternate between them. It grows to what batches need, up to a fixed size.
 */
import type { BufferSet } from './device/buffer-set.ts';
import { BUFFER_USAGE } from './device/constants.ts';
import type { GpuContext } from './device/context.ts';

export const DEFAULT_ARENA_BYTES = 64 * 2 ** 20;

export class Arena {
  /** The most bytes that a half may have. */
  readonly halfBytes: number;
  readonly #buffers: BufferSet;
  readonly #halves: (GPUBuffer | undefined)[] = [undefined, undefined];

  /**
   * Throws 'limit-exceeded' if the device does not allow `minHalfBytes`.
   *
   * @param bytes of both halves together
   * @param minHalfBytes that a half must have, whatever `bytes` is
   */
  constructor(context: GpuContext, buffers: BufferSet, bytes: number, minHalfBytes: number) {
    const { maxBufferSize, maxStorageBufferBindingSize } = context.limits;
    const what = 'a quad of images in the widest layer';
    context.checkLimit(what, minHalfBytes, 'maxStorageBufferBindingSize', 'bytes');
    const half = Math.min(Math.max(bytes / 2, minHalfBytes), maxBufferSize, maxStorageBufferBindingSize);
    this.halfBytes = Math.floor(half / 16) * 16;
    this.#buffers = buffers;
  }

  /** Makes both halves at least `bytes` large, at most `halfBytes`. Returns whether the buffers were replaced. */
  reserve(bytes: number): boolean {
    if (bytes > this.halfBytes)
      throw new Error(`${bytes} bytes do not fit into half an arena of ${this.halfBytes}`);
    if (this.#halves[0] && this.#halves[0].size >= bytes) return false;
    this.release();
    const size = Math.min(this.halfBytes, 2 * bytes);
    this.#halves.forEach((_, i) => {
      this.#halves[i] = this.#buffers.create(`arena ${i}`, size, BUFFER_USAGE.storage);
    });
    return true;
  }

  /** Destroys both halves, which may be invalid after a failed batch. */
  release(): void {
    this.#halves.forEach((half, i) => {
      if (half) this.#buffers.destroy(half);
      this.#halves[i] = undefined;
    });
  }

  /** The half that layer `layer` writes. */
  outputOf(layer: number): GPUBuffer {
    return this.#halves[layer % 2]!;
  }
}
