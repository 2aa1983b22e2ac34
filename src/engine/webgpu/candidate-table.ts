/**
 * The records and states of a batch's candidates on the device. A record holds a candidate's loss limit and mask slots
 * and is written before the batch; a state holds its sums and is read after it. Words are laid out as in
 * shaders/shared/candidate.wgsl.
 */
import { RECORD_LIMIT_WORDS, STATE_WORDS } from '../../kernels/loss-sum.ts';
import type { JobResult } from '../backend.ts';
import type { BufferSet } from './device/buffer-set.ts';
import { BUFFER_USAGE, MAP_READ } from './device/constants.ts';
import type { GpuContext } from './device/context.ts';

/** Candidates that the first buffers hold: enough for a generation or a few proposals. */
const MIN_CAPACITY = 32;

export interface CandidateRecord {
  /** In `LOSS_UNITS`; Infinity for no limit. */
  readonly sumLimit: number;
  /** Slot of each mask of the network; 0 for one that is not used. */
  readonly slots: readonly number[];
}

export class CandidateTable {
  /** Words of one record. */
  readonly recordWords: number;
  readonly #context: GpuContext;
  readonly #buffers: BufferSet;
  #capacity = 0;
  /** [candidate, word] u32. */
  #records: GPUBuffer | undefined;
  /** [candidate, word] u32. */
  #states: GPUBuffer | undefined;
  /** Readback of `#states`. */
  #host: GPUBuffer | undefined;
  /** Bytes written so far. */
  writtenBytes = 0;

  constructor(context: GpuContext, buffers: BufferSet, masks: number) {
    this.#context = context;
    this.#buffers = buffers;
    this.recordWords = RECORD_LIMIT_WORDS + masks;
  }

  /** The most candidates that a batch may have under the device's limits. */
  get maxBatch(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#context.limits;
    const words = Math.max(this.recordWords, STATE_WORDS);
    return Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / (4 * words));
  }

  get records(): GPUBuffer {
    return this.#records!;
  }

  get states(): GPUBuffer {
    return this.#states!;
  }

  /** Writes the records to the device. Returns whether the buffers were replaced. */
  write(records: readonly CandidateRecord[]): boolean {
    const grows = records.length > this.#capacity;
    if (grows) this.#grow(records.length);
    const words = new Uint32Array(records.length * this.recordWords);
    records.forEach(({ sumLimit, slots }, k) => {
      const sum = Math.max(0, sumLimit);
      const limit = Number.isFinite(sum) ? [sum >>> 0, Math.floor(sum / 2 ** 32)] : [0xffffffff, 0xffffffff];
      words.set([...limit, ...slots], k * this.recordWords);
    });
    this.#context.device.queue.writeBuffer(this.#records!, 0, words);
    this.writtenBytes += words.byteLength;
    return grows;
  }

  encodeClear(encoder: GPUCommandEncoder, candidates: number): void {
    encoder.clearBuffer(this.#states!, 0, candidates * STATE_WORDS * 4);
  }

  encodeReadback(encoder: GPUCommandEncoder, candidates: number): void {
    encoder.copyBufferToBuffer(this.#states!, 0, this.#host!, 0, candidates * STATE_WORDS * 4);
  }

  /** The states that `encodeReadback` copied. Resolves when the device has finished the batch. */
  async read(candidates: number): Promise<readonly JobResult[]> {
    const host = this.#host!;
    const bytes = candidates * STATE_WORDS * 4;
    await host.mapAsync(MAP_READ, 0, bytes);
    const words = new Uint32Array(host.getMappedRange(0, bytes).slice(0));
    host.unmap();
    return Array.from({ length: candidates }, (_, k) => {
      const [low, high, correct, images] = words.subarray(k * STATE_WORDS);
      return { sum: { units: high! * 2 ** 32 + low!, correct: correct! }, images: images! };
    });
  }

  /** Destroys all buffers: after a failed batch the readback may still be mapped. */
  release(): void {
    for (const buffer of [this.#records, this.#states, this.#host]) if (buffer) this.#buffers.destroy(buffer);
    this.#records = this.#states = this.#host = undefined;
    this.#capacity = 0;
  }

  #grow(candidates: number): void {
    const capacity = Math.min(Math.max(MIN_CAPACITY, 2 * candidates), this.maxBatch);
    this.release();
    const { storage, copySource, copyTarget, mapRead } = BUFFER_USAGE;
    const stateBytes = capacity * STATE_WORDS * 4;
    this.#records = this.#buffers.create('records', capacity * this.recordWords * 4, storage | copyTarget);
    this.#states = this.#buffers.create('states', stateBytes, storage | copySource | copyTarget);
    this.#host = this.#buffers.create('states readback', stateBytes, mapRead | copyTarget);
    this.#capacity = capacity;
  }
}
