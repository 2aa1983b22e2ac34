/** The uniforms of dispatches. Each is written once and kept: an equal dispatch of a later batch reuses it. */
import { BUFFER_USAGE } from './constants.ts';
import type { BufferSet } from './buffer-set.ts';
import type { GpuContext } from './context.ts';

/** Uniforms per page, which is one buffer. Full pages stay, so that bind groups that refer to them stay valid. */
const PAGE_ENTRIES = 256;

/** One uniform on the device. */
export interface ParamsEntry {
  readonly buffer: GPUBuffer;
  /** In bytes, aligned for dynamic offsets. */
  readonly offset: number;
  /** Bytes to bind. */
  readonly bytes: number;
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

  /** The uniform under `key`; `words` is called and written on the first call only. */
  get(key: string, words: () => Uint32Array): ParamsEntry {
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = this.#write(words());
      this.#entries.set(key, entry);
    }
    return entry;
  }

  /** Destroys all pages, one of which may be invalid after a failed batch. */
  release(): void {
    for (const page of this.#pages.splice(0)) this.#buffers.destroy(page);
    this.#entries.clear();
  }

  #write(words: Uint32Array): ParamsEntry {
    // 256 on a device with default limits; no kernel's uniform is larger.
    const bytes = this.#context.limits.minUniformBufferOffsetAlignment;
    const index = this.#entries.size % PAGE_ENTRIES;
    if (index === 0) {
      const { uniform, copyTarget } = BUFFER_USAGE;
      this.#pages.push(this.#buffers.create('params', PAGE_ENTRIES * bytes, uniform | copyTarget));
    }
    const entry = { buffer: this.#pages.at(-1)!, offset: index * bytes, bytes };
    this.#context.device.queue.writeBuffer(entry.buffer, entry.offset, words as GPUAllowSharedBufferSource);
    this.writtenBytes += words.byteLength;
    return entry;
  }
}
