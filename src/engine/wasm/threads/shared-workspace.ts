/** A workspace whose workers share one memory. A worker takes the next block as soon as it has finished one. */
import { CONTROL, memoryLayout, type MemoryLayout } from '../layout.ts';
import type { BlockMomentsPass } from '../moments/block-moments.ts';
import { webAssembly, type WasmMemory } from '../web-assembly.ts';
import { outOfMemory, type PoolWorker } from './pool.ts';
import type { PassResult } from './protocol.ts';
import {
  shareOf,
  WorkspaceWorkers,
  type PassOptions,
  type Workspace,
  type WorkspaceOptions,
} from './workspace.ts';

/** Rejects with 'limit-exceeded' if the memory cannot be allocated. */
export async function openSharedWorkspace(
  workers: readonly PoolWorker[],
  { module, layers, ...sizes }: WorkspaceOptions,
): Promise<Workspace> {
  const layout = memoryLayout(layers, { ...sizes, workers: workers.length, firstBlock: 0, blockStride: 1 });
  const memory = newSharedMemory(layout.pages);
  const all = new WorkspaceWorkers(workers);
  await all.open((worker) => ({ module, memory, layout, worker, layers }));
  return new SharedWorkspace(all, layout, memory);
}

class SharedWorkspace implements Workspace {
  readonly layout: MemoryLayout;
  readonly shares: readonly Uint32Array[];
  readonly #workers: WorkspaceWorkers;
  readonly #memory: WasmMemory;
  readonly #bytes: Uint8Array;
  /** See `CONTROL` for its words. */
  readonly #control: Int32Array;

  constructor(workers: WorkspaceWorkers, layout: MemoryLayout, memory: WasmMemory) {
    this.layout = layout;
    this.shares = [shareOf(layout)];
    this.#workers = workers;
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#control = new Int32Array(memory.buffer, layout.control, 4);
  }

  get failure() {
    return this.#workers.failure;
  }

  get threads() {
    return this.#workers.threads;
  }

  sumMoments(worker: number, pass: BlockMomentsPass) {
    return this.#workers.sumMoments(worker, pass);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, offset);
  }

  async pass(options: PassOptions, signal?: AbortSignal): Promise<PassResult> {
    this.#control.fill(0);
    const stop = () => Atomics.store(this.#control, CONTROL.stop, 1);
    signal?.addEventListener('abort', stop);
    try {
      return await this.#workers.pass(options, () => this.layout.blocks);
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  losses(): Promise<Uint32Array> {
    const { losses, images } = this.layout;
    return Promise.resolve(new Uint32Array(this.#memory.buffer, losses, images).slice());
  }

  close(): void {
    this.#workers.close();
  }
}

function newSharedMemory(pages: number): WasmMemory {
  try {
    return new webAssembly!.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    throw outOfMemory(String(error));
  }
}
