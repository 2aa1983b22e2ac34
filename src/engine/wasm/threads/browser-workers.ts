/**
 * Workers in browsers and in Deno. Their code is embedded as text, so that no bundler has to handle it. A page's policy must
 * allow `worker-src blob:`.
 */
import { WORKER_SOURCE } from '../generated/worker.ts';
import type { WorkerEvents, WorkerHandle } from './pool.ts';
import type { Reply } from './protocol.ts';

/** The browser's types, as far as they are used here: the DOM's types conflict with those of Node.js. */
interface BrowserWorker {
  onmessage: (event: { readonly data: Reply }) => void;
  onmessageerror: () => void;
  onerror: (event: { readonly message?: string; preventDefault(): void }) => void;
  postMessage(message: unknown): void;
  terminate(): void;
}
interface Browser {
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly crossOriginIsolated?: boolean;
  readonly Worker: new (
    url: string,
    options: { readonly name: string; readonly type: 'classic' | 'module' },
  ) => BrowserWorker;
}
const browser = globalThis as unknown as Browser;

/** Deno has no classic workers, and lets all workers share memory. */
const isDeno = 'Deno' in globalThis;

export function defaultThreads(): number {
  return browser.navigator?.hardwareConcurrency ?? 1;
}

/** Whether workers can share memory: of pages only on those that are isolated from other origins. */
export function canShareMemory(): boolean {
  return isDeno || browser.crossOriginIsolated === true;
}

export function spawnBrowserWorker(events: WorkerEvents): WorkerHandle {
  const url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' }));
  const worker = new browser.Worker(url, { name: 'masksearch', type: isDeno ? 'module' : 'classic' });
  URL.revokeObjectURL(url);
  worker.onmessage = ({ data }) => events.reply(data);
  worker.onmessageerror = () => events.died('a message could not be read');
  worker.onerror = (event) => {
    event.preventDefault();
    events.died(event.message ?? 'it could not be started');
  };
  return {
    post: (request) => worker.postMessage(request),
    terminate: () => worker.terminate(),
  };
}
