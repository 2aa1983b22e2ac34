import type { GpuContext } from './context.ts';

/** Buffers that are destroyed together, also when the making of the next one fails. */
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

  destroy(buffer: GPUBuffer): void {
    this.#buffers.delete(buffer);
    this.#context.destroyBuffer(buffer);
  }

  destroyAll(): void {
    for (const buffer of this.#buffers) this.destroy(buffer);
  }
}
