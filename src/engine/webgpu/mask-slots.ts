/** The masks of one layer on the device. A mask object that is already there is not written again. */
import type { Mask } from '../../core/mask.ts';
import { BUFFER_USAGE } from './device/constants.ts';
import type { BufferSet } from './device/buffer-set.ts';
import type { GpuContext } from './device/context.ts';

/** Enough for a search's current and best masks and a few proposals. */
const MIN_CAPACITY = 8;

export class MaskSlots {
  readonly #context: GpuContext;
  readonly #buffers: BufferSet;
  readonly #label: string;
  /** Bytes from one slot to the next: a mask's words. */
  readonly stride: number;
  #capacity = 0;
  #buffer: GPUBuffer | undefined;
  /** Slot of each mask on the device, the longest unused first. */
  readonly #slots = new Map<Mask, number>();
  /** Bytes written so far. */
  writtenBytes = 0;

  constructor(context: GpuContext, buffers: BufferSet, label: string, length: number) {
    this.#context = context;
    this.#buffers = buffers;
    this.#label = label;
    this.stride = Math.ceil(length / 32) * 4;
  }

  /** Masks that one batch may hold under the device's limits. */
  get maxBatch(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#context.limits;
    return Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / this.stride);
  }

  /** All slots; another buffer after `place` had to grow it. */
  get buffer(): GPUBuffer {
    if (!this.#buffer) this.#grow(0);
    return this.#buffer!;
  }

  /** Brings all of `masks` to the device at once, in place of masks that are not among them. */
  place(masks: Iterable<Mask>): void {
    const wanted = new Set(masks);
    if (wanted.size > this.#capacity) this.#grow(wanted.size);
    const free = this.#freeSlots(wanted);
    for (const mask of wanted) {
      const slot = this.#slots.get(mask) ?? this.#write(mask, free.pop()!);
      this.#slots.delete(mask);
      this.#slots.set(mask, slot);
    }
  }

  /** Slot of a mask that the last `place` brought. */
  slotOf(mask: Mask): number {
    return this.#slots.get(mask)!;
  }

  /** Gives up the slots: a batch failed, so they may hold anything, or the device may not have had room for them. */
  release(): void {
    if (this.#buffer) this.#buffers.destroy(this.#buffer);
    this.#buffer = undefined;
    this.#capacity = 0;
    this.#slots.clear();
  }

  #grow(size: number): void {
    const capacity = Math.min(Math.max(MIN_CAPACITY, 2 * size), this.maxBatch);
    const { storage, copyTarget } = BUFFER_USAGE;
    this.release();
    this.#buffer = this.#buffers.create(`${this.#label} masks`, capacity * this.stride, storage | copyTarget);
    this.#capacity = capacity;
  }

  /** Free slots, after giving up as many of the longest unused masks as `wanted` needs. */
  #freeSlots(wanted: ReadonlySet<Mask>): number[] {
    let missing = 0;
    for (const mask of wanted) if (!this.#slots.has(mask)) missing++;
    for (const mask of this.#slots.keys()) {
      if (this.#slots.size + missing <= this.#capacity) break;
      if (!wanted.has(mask)) this.#slots.delete(mask);
    }
    const used = new Set(this.#slots.values());
    const free: number[] = [];
    for (let slot = 0; free.length < missing; slot++) if (!used.has(slot)) free.push(slot);
    return free;
  }

  #write(mask: Mask, slot: number): number {
    const { words } = mask;
    this.#context.device.queue.writeBuffer(
      this.#buffer!,
      slot * this.stride,
      words.buffer,
      words.byteOffset,
      words.byteLength,
    );
    this.writtenBytes += words.byteLength;
    return slot;
  }
}
