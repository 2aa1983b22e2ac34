/**
 * Room for activations of candidates on their way through the network: two halves, between which stages alternate, since a
 * dispatch cannot read and write one buffer. It grows to what batches need and never beyond its size.
 */
import type { BufferSet } from './buffer-set.ts';
import { BUFFER_USAGE } from './constants.ts';
import type { GpuContext } from './context.ts';

export const DEFAULT_ARENA_BYTES = 64 * 2 ** 20;

export class Arena {
  /** Bytes that a half may have. */
  readonly halfBytes: number;
  readonly #buffers: BufferSet;
  readonly #halves: (GPUBuffer | undefined)[] = [undefined, undefined];

  constructor(context: GpuContext, buffers: BufferSet, bytes: number) {
    const { maxBufferSize, maxStorageBufferBindingSize } = context.limits;
    this.halfBytes = Math.floor(Math.min(bytes / 2, maxBufferSize, maxStorageBufferBindingSize));
    this.#buffers = buffers;
  }

  /** Makes both halves at least `bytes` large. Returns whether they are others than before. */
  reserve(bytes: number): boolean {
    if (this.#halves[0] && this.#halves[0].size >= bytes) return false;
    const size = Math.min(this.halfBytes, 2 * bytes);
    this.#halves.forEach((half, i) => {
      if (half) this.#buffers.destroy(half);
      this.#halves[i] = this.#buffers.create(`arena ${i}`, size, BUFFER_USAGE.storage);
    });
    return true;
  }

  /** The half that stage `stage` writes. */
  outputOf(stage: number): GPUBuffer {
    return this.#halves[stage % 2]!;
  }
}
