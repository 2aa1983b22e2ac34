/**
 * Room for activations of candidates on their way through the network: two halves, between which layers alternate, since a
 * dispatch cannot read and write one buffer. It grows to what batches need and never beyond its size.
 */
import type { BufferSet } from './device/buffer-set.ts';
import { BUFFER_USAGE } from './device/constants.ts';
import type { GpuContext } from './device/context.ts';

export const DEFAULT_ARENA_BYTES = 64 * 2 ** 20;

export class Arena {
  /** Bytes that a half may have. */
  readonly halfBytes: number;
  readonly #buffers: BufferSet;
  readonly #halves: (GPUBuffer | undefined)[] = [undefined, undefined];

  /**
   * @param bytes of both halves
   * @param least bytes that a half must have, whatever was asked for
   */
  constructor(context: GpuContext, buffers: BufferSet, bytes: number, least: number) {
    const { maxBufferSize, maxStorageBufferBindingSize } = context.limits;
    context.checkLimit('a quad of images in the widest layer', least, 'maxStorageBufferBindingSize', 'bytes');
    const half = Math.min(Math.max(bytes / 2, least), maxBufferSize, maxStorageBufferBindingSize);
    this.halfBytes = Math.floor(half / 16) * 16;
    this.#buffers = buffers;
  }

  /** Makes both halves at least `bytes` large, at most `halfBytes`. Returns whether they are others than before. */
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

  /** Gives up both halves: the device may not have had room for them. */
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
