import { BUFFER_USAGE } from './constants.ts';
import type { GpuContext } from './context.ts';

/** Buffers that are destroyed together, also if creating one of them fails. */
export class BufferSet {
  readonly #context: GpuContext;
  readonly #buffers = new Set<GPUBuffer>();

  constructor(context: GpuContext) {
    this.#context = context;
  }

  /** See `GpuContext.createBuffer`. */
  create(label: string, size: number, usage: number): GPUBuffer {
    const buffer = this.#context.createBuffer(label, size, usage);
    this.#buffers.add(buffer);
    return buffer;
  }

  /** Creates a storage buffer with these contents. */
  upload(label: string, data: Float32Array | Uint32Array): GPUBuffer {
    const buffer = this.create(label, data.byteLength, BUFFER_USAGE.storage | BUFFER_USAGE.copyTarget);
    this.#context.device.queue.writeBuffer(buffer, 0, data as GPUAllowSharedBufferSource);
    return buffer;
  }

  destroy(buffer: GPUBuffer): void {
    this.#buffers.delete(buffer);
    this.#context.destroyBuffer(buffer);
  }

  destroyAll(): void {
    for (const buffer of this.#buffers) this.destroy(buffer);
  }
}
