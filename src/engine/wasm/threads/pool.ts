/** The workers of an engine: one per thread, started when first needed, lost together. */
import { MasksearchError } from '../../../core/error.ts';
import type { Reply, Request } from './protocol.ts';

/** A worker of the platform that runs the text of generated/worker.ts. */
export interface WorkerHandle {
  post(request: Request): void;
  terminate(): void;
}

export interface WorkerEvents {
  reply(reply: Reply): void;
  /** It ended without being asked to, or could not be started. */
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
  /** Requests without a reply, in the order of their replies. */
  readonly #waiting: Waiting[] = [];

  constructor(pool: WorkerPool, spawn: SpawnWorker) {
    this.#pool = pool;
    this.#handle = spawn({
      reply: (reply) => this.#take(reply),
      died: (reason) => pool.fail(deadWorker(reason)),
    });
  }

  /** Why it does not work any more; undefined as long as it does. */
  get failure(): MasksearchError | undefined {
    return this.#pool.failure;
  }

  /** Sends a request that has no reply. */
  post(request: Request): void {
    if (!this.#pool.failure) this.#handle.post(request);
  }

  /** Rejects with 'device-lost' when any worker of the pool dies, with 'closed' when the pool is closed. */
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

  end(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    this.#handle.terminate();
  }
}

export class WorkerPool {
  readonly threads: number;
  readonly #spawn: SpawnWorker;
  readonly #workers: PoolWorker[] = [];
  #failure: MasksearchError | undefined;

  constructor(threads: number, spawn: SpawnWorker) {
    this.threads = threads;
    this.#spawn = spawn;
  }

  /** Why there are no workers any more; undefined as long as there are. */
  get failure(): MasksearchError | undefined {
    return this.#failure;
  }

  /** `count` of the workers, or as many as there may be. Throws if one dies while it is started. */
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

  /** Loses the pool if the platform refuses to start a worker. */
  #start(): PoolWorker {
    try {
      return new PoolWorker(this, this.#spawn);
    } catch (error) {
      this.fail(deadWorker(String(error)));
      throw this.#failure!;
    }
  }

  /** Ends all workers: what they hold and do belongs together. */
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

export function outOfMemory(reason: string): MasksearchError {
  return new MasksearchError(
    'limit-exceeded',
    `the memory of the WebAssembly backend could not be had (${reason})`,
    'use fewer images or threads',
  );
}
