/** The workers of an engine: one per thread, started on first use. If one fails, all end. */
import { MasksearchError } from '../../../core/error.ts';
import type { Reply, Request } from './protocol.ts';

/** A worker of the platform that runs generated/worker.ts. */
export interface WorkerHandle {
  post(request: Request): void;
  terminate(): void;
}

export interface WorkerEvents {
  reply(reply: Reply): void;
  /** The worker ended unexpectedly or could not be started. */
  died(reason: string): void;
}

export type SpawnWorker = (events: WorkerEvents) => WorkerHandle;

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

export class PoolWorker {
  readonly #pool: WorkerPool;
  readonly #handle: WorkerHandle;
  /** Requests that wait for a reply, in the order of their replies. */
  readonly #waiting: Waiting[] = [];

  constructor(pool: WorkerPool, spawn: SpawnWorker) {
    this.#pool = pool;
    this.#handle = spawn({
      reply: (reply) => this.#take(reply),
      died: (reason) => pool.fail(deadWorker(reason)),
    });
  }

  /** The error that ended the pool; undefined as long as it is usable. */
  get failure(): MasksearchError | undefined {
    return this.#pool.failure;
  }

  /** Sends a request that gets no reply. */
  post(request: Request): void {
    if (!this.#pool.failure) this.#handle.post(request);
  }

  /**
   * The reply to a request. Rejects with 'limit-exceeded' if the worker runs out of memory, with 'device-lost' if any
   * worker of the pool dies, and with 'closed' if the pool is closed.
   */
  async ask<T extends Reply['type']>(request: Request, type: T): Promise<Extract<Reply, { type: T }>> {
    if (this.#pool.failure) throw this.#pool.failure;
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#handle.post(request);
    });
    if (reply.type === 'failed' && reply.outOfMemory) throw outOfMemory(reply.message);
    if (reply.type !== type) {
      const why =
        reply.type === 'failed' ? reply.message : `it answered '${reply.type}' to '${request.type}'`;
      const error = deadWorker(why);
      this.#pool.fail(error);
      throw error;
    }
    return reply as Extract<Reply, { type: T }>;
  }

  #take(reply: Reply): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve(reply);
    else this.#pool.fail(deadWorker(reply.type === 'failed' ? reply.message : 'it answered unasked'));
  }

  /** Rejects everything that waits for a reply, and ends the worker. */
  end(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    this.#handle.terminate();
  }
}

/** More than any machine has cores; each takes megabytes of memory and milliseconds to start. */
export const MAX_THREADS = 1024;

export class WorkerPool {
  readonly threads: number;
  readonly #spawn: SpawnWorker;
  readonly #workers: PoolWorker[] = [];
  #failure: MasksearchError | undefined;

  constructor(threads: number, spawn: SpawnWorker) {
    this.threads = threads;
    this.#spawn = spawn;
  }

  /** The error that ended the pool; undefined as long as it is usable. */
  get failure(): MasksearchError | undefined {
    return this.#failure;
  }

  /** The first `count` workers, at most `threads`. Throws 'device-lost' if one dies while it is started. */
  take(count: number): readonly PoolWorker[] {
    const wanted = Math.min(count, this.threads);
    while (this.#workers.length < wanted) {
      const worker = this.#start();
      this.#workers.push(worker);
      if (!this.#failure) continue;
      worker.end(this.#failure);
      throw this.#failure;
    }
    return this.#workers.slice(0, wanted);
  }

  /** Ends the pool and throws if the platform refuses to start a worker. */
  #start(): PoolWorker {
    try {
      return new PoolWorker(this, this.#spawn);
    } catch (error) {
      this.fail(deadWorker(String(error)));
      throw this.#failure!;
    }
  }

  /** Ends all workers: they work on the same batches, so none is of use without the others. */
  fail(error: MasksearchError): void {
    if (this.#failure) return;
    this.#failure = error;
    for (const worker of this.#workers) worker.end(error);
  }
}

function deadWorker(reason: string): MasksearchError {
  return new MasksearchError(
    'device-lost',
    `a worker of the WebAssembly backend died (${reason})`,
    'open the engine again, with fewer threads or images if memory was short',
  );
}

/** The error for memory that could not be allocated. */
export function outOfMemory(reason: string): MasksearchError {
  return new MasksearchError(
    'limit-exceeded',
    `the memory of the WebAssembly backend could not be allocated (${reason})`,
    'use fewer images or threads',
  );
}
