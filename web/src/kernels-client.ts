/** One benchmark in a worker of its own. */
import type { KernelsEvent, KernelsRequest } from './kernels-messages.ts';

/** Starts it; what is returned ends it at once, after which nothing is heard of it. */
export function startBenchmark(request: KernelsRequest, listen: (event: KernelsEvent) => void): () => void {
  const worker = new Worker(new URL('../worker/kernels-worker.ts', import.meta.url), { type: 'module' });
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
  worker.onmessage = ({ data }: MessageEvent<KernelsEvent>) => hear(data);
  worker.onmessageerror = () => died('a message could not be read');
  worker.onerror = (event) => {
    // It is shown, so the console need not have it too.
    event.preventDefault();
    died(event.message || 'it could not be loaded');
  };
  worker.postMessage(request);
  return end;
}
