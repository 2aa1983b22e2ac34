/**
 * The memory that the kernels of one evaluator work on, and the workers on it. Where memory can be shared there is one,
 * and a worker takes the next block when it is done with its last. Where it cannot, every worker has a copy with a
 * fixed share of the blocks, and stops and goes on by messages.
 */
import type { MasksearchError } from '../../../core/error.ts';
import type { FusedLayer } from '../../../network/fuse.ts';
import { BLOCK, CONTROL, memoryLayout, type LayoutOptions, type MemoryLayout } from '../layout.ts';
import { outOfMemory, type PoolWorker } from './pool.ts';
import type { PassResult, GatherPass, Request, LayersPass } from './protocol.ts';
import { webAssembly, type WasmMemory, type WasmModule } from '../web-assembly.ts';

export type PassOptions = Omit<LayersPass, 'endBlock'> | GatherPass;

export interface Workspace {
  /** Why nothing can be run any more; undefined as long as it can. */
  readonly failure: MasksearchError | undefined;
  /** Where things lie; the same for every memory up to the caches. */
  readonly layout: MemoryLayout;
  /** For each memory, the places in the order of images whose activations it caches. */
  readonly shares: readonly Uint32Array[];
  /** Writes to one of the memories, or to all. */
  write(offset: number, bytes: Uint8Array, memory?: number): void;
  /** Runs a pass over all blocks, or until its limit is passed or `signal` is aborted. */
  pass(options: PassOptions, signal?: AbortSignal): Promise<PassResult>;
  /** Losses of the last pass over all images, in 2^-20 nat, by their place in the order. */
  losses(): Promise<Uint32Array>;
  close(): void;
}

type Sizes = Pick<LayoutOptions, 'images' | 'height' | 'width'>;

let lastId = 0;

/** Opens one memory for all `workers`. */
export async function openSharedWorkspace(
  module: WasmModule,
  workers: readonly PoolWorker[],
  layers: readonly FusedLayer[],
  sizes: Sizes,
): Promise<Workspace> {
  const layout = memoryLayout(layers, { ...sizes, workers: workers.length, firstBlock: 0, blockStride: 1 });
  const memory = newSharedMemory(layout.pages);
  const id = ++lastId;
  await openAll(workers, id, (index) => ({ module, memory, layout, worker: index, layers }));
  const bytes = new Uint8Array(memory.buffer);
  const control = new Int32Array(memory.buffer, layout.control, 4);
  return {
    get failure() {
      return workers[0]!.failure;
    },
    layout,
    shares: [shareOf(layout)],
    write: (offset, data) => bytes.set(data, offset),
    async pass(options, signal) {
      control.fill(0);
      const stop = () => Atomics.store(control, CONTROL.stop, 1);
      signal?.addEventListener('abort', stop);
      try {
        const pass = { ...options, endBlock: layout.blocks };
        const replies = await Promise.all(
          workers.map((worker) => worker.ask({ type: 'pass', id, pass }, 'passed')),
        );
        return total(replies.map(({ result }) => result));
      } finally {
        signal?.removeEventListener('abort', stop);
      }
    },
    losses: () => Promise.resolve(new Uint32Array(memory.buffer, layout.losses, layout.images).slice()),
    close() {
      for (const worker of workers) worker.post({ type: 'close', id });
    },
  };
}

/** Opens a memory for each of `workers`, with every n-th block. */
export async function openCopiedWorkspace(
  module: WasmModule,
  workers: readonly PoolWorker[],
  layers: readonly FusedLayer[],
  sizes: Sizes,
): Promise<Workspace> {
  const layouts = workers.map((_, firstBlock) =>
    memoryLayout(layers, { ...sizes, workers: 1, firstBlock, blockStride: workers.length }),
  );
  const layout = layouts[0]!;
  const id = ++lastId;
  await openAll(workers, id, (i) => ({ module, memory: undefined, layout: layouts[i]!, worker: 0, layers }));
  const write = (offset: number, bytes: Uint8Array, memory?: number) => {
    workers.forEach((worker, i) => {
      if (memory === undefined || memory === i) worker.post({ type: 'write', id, offset, bytes });
    });
  };
  const runBlocks = async (options: PassOptions, sumBefore: number, firstBlock: number, endBlock: number) => {
    const control = new Int32Array(4);
    new BigInt64Array(control.buffer, 0, 1)[CONTROL.sum] = BigInt(sumBefore);
    control[CONTROL.next] = firstBlock;
    write(layout.control, new Uint8Array(control.buffer));
    const replies = await Promise.all(
      workers.map((worker, i) => {
        const pass = { ...options, endBlock: Math.min(endBlock, layouts[i]!.blocks) };
        return worker.ask({ type: 'pass', id, pass }, 'passed');
      }),
    );
    return total(replies.map(({ result }) => result));
  };
  return {
    get failure() {
      return workers[0]!.failure;
    },
    layout,
    shares: layouts.map(shareOf),
    write,
    async pass(options, signal) {
      // A worker knows only its own losses. So all stop ever more blocks later, to see what they come to together.
      const sumLimit = options.kind === 'evaluate' ? options.sumLimit : Infinity;
      let sum: PassResult = { units: 0, correct: 0, images: 0 };
      let [firstBlock, blocks] = [0, sumLimit === Infinity ? layout.blocks : 1];
      while (firstBlock < layout.blocks && sum.units <= sumLimit && !signal?.aborted) {
        sum = total([sum, await runBlocks(options, sum.units, firstBlock, firstBlock + blocks)]);
        firstBlock += blocks;
        blocks *= 2;
      }
      return sum;
    },
    async losses() {
      const { images } = layout;
      const losses = new Uint32Array(images);
      await Promise.all(
        workers.map(async (worker, i) => {
          const request = { type: 'read', id, offset: layout.losses, length: images * 4 } as const;
          const own = new Uint32Array((await worker.ask(request, 'read')).bytes.buffer);
          for (const place of shareOf(layouts[i]!)) losses[place] = own[place]!;
        }),
      );
      return losses;
    },
    close() {
      for (const worker of workers) worker.post({ type: 'close', id });
    },
  };
}

/** Opens a memory in all workers or in none. */
async function openAll(
  workers: readonly PoolWorker[],
  id: number,
  contents: (index: number) => Omit<Extract<Request, { type: 'open' }>, 'type' | 'id'>,
): Promise<void> {
  try {
    await Promise.all(workers.map((worker, i) => worker.ask({ type: 'open', id, ...contents(i) }, 'opened')));
  } catch (error) {
    for (const worker of workers) worker.post({ type: 'close', id });
    throw error;
  }
}

/** The places in the order of images that are in the blocks of a memory. */
function shareOf({ images, blocks, firstBlock, blockStride }: MemoryLayout): Uint32Array {
  const places = Array.from({ length: blocks * BLOCK }, (_, i) => {
    const block = firstBlock + Math.floor(i / BLOCK) * blockStride;
    return block * BLOCK + (i % BLOCK);
  });
  return Uint32Array.from(places.filter((place) => place < images));
}

function newSharedMemory(pages: number): WasmMemory {
  try {
    return new webAssembly!.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    throw outOfMemory(String(error));
  }
}

function total(results: readonly PassResult[]): PassResult {
  return {
    units: results.reduce((sum, { units }) => sum + units, 0),
    correct: results.reduce((sum, { correct }) => sum + correct, 0),
    images: results.reduce((sum, { images }) => sum + images, 0),
  };
}
