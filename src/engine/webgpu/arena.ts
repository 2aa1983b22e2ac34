/**
 * Device memory for the activations of candidates that run side by side. It has several parts of equal size, since a dispatch
 * cannot read and write the same buffer: see `arenaParts`. It grows to what batches need, up to a fixed size.
 */
import type { BufferSet } from './device/buffer-set.ts';
import { BUFFER_USAGE } from './device/constants.ts';
import type { GpuContext } from './device/context.ts';

export const DEFAULT_ARENA_BYTES = 64 * 2 ** 20;

export interface ArenaSize {
  /** Number of parts. */
  readonly parts: number;
  /** Of all parts together. */
  readonly bytes: number;
  /** That a part must have, whatever `bytes` is. */
  readonly minPartBytes: number;
}

export class Arena {
  /** The most bytes that a part may have. */
  readonly partBytes: number;
  readonly #buffers: BufferSet;
  readonly #parts: (GPUBuffer | undefined)[];

  /** Throws 'limit-exceeded' if the device does not allow `minPartBytes`. */
  constructor(context: GpuContext, buffers: BufferSet, { parts, bytes, minPartBytes }: ArenaSize) {
    const { maxBufferSize, maxStorageBufferBindingSize } = context.limits;
    const what = 'a quad of images in the widest layer';
    context.checkLimit(what, minPartBytes, 'maxStorageBufferBindingSize', 'bytes');
    const part = Math.min(Math.max(bytes / parts, minPartBytes), maxBufferSize, maxStorageBufferBindingSize);
    this.partBytes = Math.floor(part / 16) * 16;
    this.#buffers = buffers;
    this.#parts = Array.from({ length: parts }, () => undefined);
  }

  /** Makes every part at least `bytes` large, at most `partBytes`. Returns whether the buffers were replaced. */
  reserve(bytes: number): boolean {
    if (bytes > this.partBytes)
      throw new Error(`${bytes} bytes do not fit into a part of the arena, which has ${this.partBytes}`);
    if (this.#parts[0] && this.#parts[0].size >= bytes) return false;
    this.release();
    const size = Math.min(this.partBytes, 2 * bytes);
    this.#parts.forEach((_, i) => {
      this.#parts[i] = this.#buffers.create(
        `arena ${i}`,
        size,
        BUFFER_USAGE.storage | BUFFER_USAGE.copySource,
      );
    });
    return true;
  }

  /** Destroys all parts, which may be invalid after a failed batch. */
  release(): void {
    this.#parts.forEach((part, i) => {
      if (part) this.#buffers.destroy(part);
      this.#parts[i] = undefined;
    });
  }

  part(index: number): GPUBuffer {
    return this.#parts[index]!;
  }
}
