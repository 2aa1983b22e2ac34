/**
 * The masks of one layer, or of layers that share it, on the device, each in a slot of one buffer: [slot, word] u32, mask bits as in `Mask.words`. A
 * mask object that already has a slot is not written again.
 */
import type { Mask } from '../../core/mask.ts';
import { BUFFER_USAGE } from './device/constants.ts';
import type { BufferSet } from './device/buffer-set.ts';
import type { GpuContext } from './device/context.ts';

/** Slots of the first buffer: enough for a search's current and best masks and a few proposals. */
const MIN_CAPACITY = 8;

export class MaskSlots {
  readonly #context: GpuContext;
  readonly #buffers: BufferSet;
  readonly #label: string;
  /** Bytes of one slot. */
  readonly stride: number;
  #capacity = 0;
  #buffer: GPUBuffer | undefined;
  /** Slot of each mask on the device, least recently used first. */
  readonly #slots = new Map<Mask, number>();
  /** Bytes written so far. */
  writtenBytes = 0;

  constructor(context: GpuContext, buffers: BufferSet, label: string, length: number) {
    this.#context = context;
    this.#buffers = buffers;
    this.#label = label;
    this.stride = Math.ceil(length / 32) * 4;
  }

  /** The most masks that a batch may have under the device's limits. */
  get maxBatch(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#context.limits;
    return Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / this.stride);
  }

  /** All slots. Replaced by a larger buffer if `place` needs more. */
  get buffer(): GPUBuffer {
    if (!this.#buffer) this.#grow(0);
    return this.#buffer!;
  }

  /** Makes sure that all of `masks` have a slot, if necessary in place of the least recently used others. */
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

  /** Slot of a mask of the last `place`. */
  slotOf(mask: Mask): number {
    return this.#slots.get(mask)!;
  }

  /** Destroys the buffer: after a failed batch its contents are unknown. */
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

  /** Free slots for those of `wanted` that have none. Removes least recently used masks as needed. */
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
