/**
 * A workspace for platforms where workers cannot share memory. Every worker has a memory of its own with every n-th
 * block; stop signals and sums of losses travel in messages.
 */
import { CONTROL, memoryLayout, type MemoryLayout } from '../layout.ts';
import type { BlockMomentsPass } from '../moments/block-moments.ts';
import type { PoolWorker } from './pool.ts';
import type { PassResult } from './protocol.ts';
import {
  shareOf,
  total,
  WorkspaceWorkers,
  type PassOptions,
  type Workspace,
  type WorkspaceOptions,
} from './workspace.ts';

/** Rejects with 'limit-exceeded' if a memory cannot be allocated. */
export async function openCopiedWorkspace(
  workers: readonly PoolWorker[],
  { module, layers, ...sizes }: WorkspaceOptions,
): Promise<Workspace> {
  const layouts = workers.map((_, firstBlock) =>
    memoryLayout(layers, { ...sizes, workers: 1, firstBlock, blockStride: workers.length }),
  );
  const all = new WorkspaceWorkers(workers);
  await all.open((i) => ({ module, memory: undefined, layout: layouts[i]!, worker: 0, layers }));
  return new CopiedWorkspace(all, layouts);
}

class CopiedWorkspace implements Workspace {
  readonly layout: MemoryLayout;
  readonly shares: readonly Uint32Array[];
  readonly #workers: WorkspaceWorkers;
  readonly #layouts: readonly MemoryLayout[];

  /** @param layouts of each worker's memory */
  constructor(workers: WorkspaceWorkers, layouts: readonly MemoryLayout[]) {
    this.layout = layouts[0]!;
    this.shares = layouts.map(shareOf);
    this.#workers = workers;
    this.#layouts = layouts;
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

  write(offset: number, bytes: Uint8Array, memory?: number): void {
    this.#workers.write(offset, bytes, memory);
  }

  async pass(options: PassOptions, signal?: AbortSignal): Promise<PassResult> {
    const { blocks } = this.layout;
    const sumLimit = options.kind === 'evaluate' ? options.sumLimit : Infinity;
    let sum: PassResult = { units: 0, correct: 0, images: 0 };
    // A worker knows only its own losses. So all workers stop after 1, 3, 7, ... blocks each, to add up their sums.
    let [first, count] = [0, sumLimit === Infinity ? blocks : 1];
    while (first < blocks && sum.units <= sumLimit && !signal?.aborted) {
      sum = total([sum, await this.#runBlocks(options, sum.units, first, first + count)]);
      first += count;
      count *= 2;
    }
    return sum;
  }

  /**
   * Runs the blocks from `first` to before `end` of every worker. `sumBefore`: the sum of losses of the blocks before.
   */
  #runBlocks(options: PassOptions, sumBefore: number, first: number, end: number): Promise<PassResult> {
    const control = new Int32Array(4);
    new BigInt64Array(control.buffer, 0, 1)[CONTROL.sum] = BigInt(sumBefore);
    control[CONTROL.next] = first;
    this.#workers.write(this.layout.control, new Uint8Array(control.buffer));
    return this.#workers.pass(options, (worker) => Math.min(end, this.#layouts[worker]!.blocks));
  }

  async losses(): Promise<Uint32Array> {
    const { images, losses: offset } = this.layout;
    const losses = new Uint32Array(images);
    await Promise.all(
      this.shares.map(async (share, worker) => {
        const own = new Uint32Array((await this.#workers.read(worker, offset, images * 4)).buffer);
        for (const place of share) losses[place] = own[place]!;
      }),
    );
    return losses;
  }

  close(): void {
    this.#workers.close();
  }
}
