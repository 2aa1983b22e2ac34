/** The threads of the WebAssembly backend in Node.js. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { WORKER_SOURCE } from '../generated/worker.ts';
import type { WorkerEvents, WorkerHandle } from '../threads/pool.ts';
import type { Reply } from '../threads/protocol.ts';

export const defaultThreads = availableParallelism;

export function spawnNodeWorker(events: WorkerEvents): WorkerHandle {
  // Not with the flags of this process, which may not fit a script given as text.
  const worker = new Worker(WORKER_SOURCE, { eval: true, execArgv: [], name: 'masksearch' });
  worker.on('message', (reply: Reply) => events.reply(reply));
  worker.on('messageerror', (error) => events.died(String(error)));
  worker.on('error', (error) => events.died(String(error)));
  worker.on('exit', (code) => events.died(`exit code ${code}`));
  return {
    post: (request) => worker.postMessage(request),
    terminate: () => void worker.terminate(),
  };
}
