/**
 * The memory of one evaluator's kernels, and the workers that run on it. Either all workers share one memory or each
 * has its own.
 */
import type { MasksearchError } from '../../../core/error.ts';
import type { FusedLayer } from '../../../network/fuse.ts';
import type { MomentSums } from '../../backend.ts';
import { BLOCK, type LayoutOptions, type MemoryLayout } from '../layout.ts';
import type { BlockMomentsPass } from '../moments/block-moments.ts';
import type { WasmModule } from '../web-assembly.ts';
import type { PoolWorker } from './pool.ts';
import type { GatherPass, LayersPass, PassResult, Request } from './protocol.ts';

export type PassOptions = Omit<LayersPass, 'endBlock'> | GatherPass;

export interface Workspace {
  /** The error that made the workers unusable; undefined as long as they are usable. */
  readonly failure: MasksearchError | undefined;
  /** Layout of the memory. If there are several, their layouts are equal up to the caches. */
  readonly layout: MemoryLayout;
  /** For each memory, the places of the visiting order whose activations it caches: u32. */
  readonly shares: readonly Uint32Array[];
  /** Writes bytes to all memories, or to one of them. */
  write(offset: number, bytes: Uint8Array, memory?: number): void;
  /** Runs a pass over all blocks. Stops early if the pass's limit is exceeded or `signal` is aborted. */
  pass(options: PassOptions, signal?: AbortSignal): Promise<PassResult>;
  /** Losses after a pass over all images: [place] u32 in `LOSS_UNITS`. */
  losses(): Promise<Uint32Array>;
  /** Number of workers. */
  readonly threads: number;
  /** Sums second moments on one worker, over some blocks; see moments/block-moments.ts. */
  sumMoments(worker: number, pass: BlockMomentsPass): Promise<MomentSums | undefined>;
  close(): void;
}

/** What a workspace is opened for. */
export interface WorkspaceOptions extends Pick<
  LayoutOptions,
  'images' | 'input' | 'floats' | 'loss' | 'cached' | 'moments'
> {
  readonly module: WasmModule;
  readonly layers: readonly FusedLayer[];
}

/** The workers of one workspace. */
export class WorkspaceWorkers {
  static #lastId = 0;
  readonly #workers: readonly PoolWorker[];
  /** Tells the workspace's requests from those of other workspaces on the same workers. */
  readonly #id = ++WorkspaceWorkers.#lastId;

  constructor(workers: readonly PoolWorker[]) {
    this.#workers = workers;
  }

  get failure(): MasksearchError | undefined {
    return this.#workers[0]!.failure;
  }

  /** Opens a memory in all workers or, if one of them fails, in none. */
  async open(
    contents: (worker: number) => Omit<Extract<Request, { type: 'open' }>, 'type' | 'id'>,
  ): Promise<void> {
    try {
      await Promise.all(
        this.#workers.map((worker, i) =>
          worker.ask({ type: 'open', id: this.#id, ...contents(i) }, 'opened'),
        ),
      );
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Writes to the memory of one worker, or of all. */
  write(offset: number, bytes: Uint8Array, only?: number): void {
    this.#workers.forEach((worker, i) => {
      if (only === undefined || only === i) worker.post({ type: 'write', id: this.#id, offset, bytes });
    });
  }

  async read(worker: number, offset: number, length: number): Promise<Uint8Array> {
    const request = { type: 'read', id: this.#id, offset, length } as const;
    return (await this.#workers[worker]!.ask(request, 'read')).bytes;
  }

  /** Runs a pass on all workers and adds up their results. `endBlock`: for each worker, where to end. */
  async pass(options: PassOptions, endBlock: (worker: number) => number): Promise<PassResult> {
    const replies = await Promise.all(
      this.#workers.map((worker, i) => {
        const pass = { ...options, endBlock: endBlock(i) };
        return worker.ask({ type: 'pass', id: this.#id, pass }, 'passed');
      }),
    );
    return total(replies.map(({ result }) => result));
  }

  get threads(): number {
    return this.#workers.length;
  }

  async sumMoments(worker: number, pass: BlockMomentsPass): Promise<MomentSums | undefined> {
    const request = { type: 'moments', id: this.#id, pass } as const;
    return (await this.#workers[worker]!.ask(request, 'summed')).sums;
  }

  close(): void {
    for (const worker of this.#workers) worker.post({ type: 'close', id: this.#id });
  }
}

/** The places of the visiting order that are in the blocks of a memory. */
export function shareOf({ images, blocks, firstBlock, blockStride }: MemoryLayout): Uint32Array {
  const places = Array.from({ length: blocks * BLOCK }, (_, i) => {
    const block = firstBlock + Math.floor(i / BLOCK) * blockStride;
    return block * BLOCK + (i % BLOCK);
  });
  return Uint32Array.from(places.filter((place) => place < images));
}

export function total(results: readonly PassResult[]): PassResult {
  return {
    units: results.reduce((sum, { units }) => sum + units, 0),
    correct: results.reduce((sum, { correct }) => sum + correct, 0),
    images: results.reduce((sum, { images }) => sum + images, 0),
    outputs: results.flatMap(({ outputs = [] }) => outputs),
  };
}
