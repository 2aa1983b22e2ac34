/** One benchmark in a worker of its own. */
import type { KernelsEvent, KernelsRequest } from './messages.ts';
import { hearWorker } from '../worker-events.ts';

/** Starts it; what is returned ends it at once, after which nothing is heard of it. */
export function startBenchmark(request: KernelsRequest, listen: (event: KernelsEvent) => void): () => void {
  const worker = new Worker(new URL('../../worker/kernels-worker.ts', import.meta.url), { type: 'module' });
  let ended = false;
  const end = () => {
    ended = true;
    worker.terminate();
  };
  const hear = (event: KernelsEvent) => {
    if (ended) return;
    if (event.type === 'done' || event.type === 'failed') end();
    listen(event);
  };
  const died = (reason: string) =>
    hear({
      type: 'failed',
      failure: {
        code: 'worker-died',
        message: `the worker that measures has ended (${reason})`,
        fix: 'press Start to open a new one, or reload the page',
      },
    });
  hearWorker(worker, hear, died);
  worker.postMessage(request);
  return end;
}
