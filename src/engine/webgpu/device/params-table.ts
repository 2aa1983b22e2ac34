/** The uniforms of dispatches, written once and kept: a dispatch of the same layout finds its own again. */
import { BUFFER_USAGE } from './constants.ts';
import type { BufferSet } from './buffer-set.ts';
import type { GpuContext } from './context.ts';

/** Uniforms per buffer. Full ones stay where they are, so that nothing that refers to them has to be made anew. */
const PAGE_ENTRIES = 256;

export interface ParamsEntry {
  readonly page: number;
  readonly buffer: GPUBuffer;
  /** In bytes, aligned for dynamic offsets. */
  readonly offset: number;
}

export class ParamsTable {
  readonly #context: GpuContext;
  readonly #buffers: BufferSet;
  readonly #pages: GPUBuffer[] = [];
  readonly #entries = new Map<string, ParamsEntry>();
  /** Bytes written so far. */
  writtenBytes = 0;

  constructor(context: GpuContext, buffers: BufferSet) {
    this.#context = context;
    this.#buffers = buffers;
  }

  /** Bytes from one uniform to the next, and the most that one may hold. */
  get stride(): number {
    return this.#context.limits.minUniformBufferOffsetAlignment;
  }

  /** The uniform under `key`, written at the first call. */
  get(key: string, words: () => Uint32Array): ParamsEntry {
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = this.#write(words());
      this.#entries.set(key, entry);
    }
    return entry;
  }

  /** Gives up all: the device may not have had room for a page. */
  release(): void {
    for (const page of this.#pages.splice(0)) this.#buffers.destroy(page);
    this.#entries.clear();
  }

  #write(words: Uint32Array): ParamsEntry {
    const index = this.#entries.size % PAGE_ENTRIES;
    if (index === 0) {
      const { uniform, copyTarget } = BUFFER_USAGE;
      this.#pages.push(this.#buffers.create('params', PAGE_ENTRIES * this.stride, uniform | copyTarget));
    }
    const page = this.#pages.length - 1;
    const entry = { page, buffer: this.#pages[page]!, offset: index * this.stride };
    this.#context.device.queue.writeBuffer(entry.buffer, entry.offset, words as GPUAllowSharedBufferSource);
    this.writtenBytes += words.byteLength;
    return entry;
  }
}
