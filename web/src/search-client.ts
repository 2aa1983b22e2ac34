/** The page's side of the worker, which is replaced by a new one when it dies. */
import type { Event, Given, Request } from './protocol.ts';
import { hearWorker } from './worker-events.ts';

export class SearchClient {
  readonly #listen: (event: Event) => void;
  #worker: Worker;

  constructor(listen: (event: Event) => void) {
    this.#listen = listen;
    this.#worker = this.#spawn();
  }

  send(request: Request): void {
    this.#worker.postMessage(request);
  }

  /** Loads what is bundled, and reads what was given. */
  open(given: Given): void {
    this.send({ type: 'open', base: new URL('.', document.baseURI).href, given });
  }

  /** Stops the worker, and loads everything again in a new one. */
  restart(given: Given): void {
    this.#worker.terminate();
    this.#worker = this.#spawn();
    this.open(given);
  }

  #spawn(): Worker {
    const worker = new Worker(new URL('../worker/search-worker.ts', import.meta.url), { type: 'module' });
    hearWorker(worker, this.#listen, (reason) => this.#died(reason));
    return worker;
  }

  #died(reason: string): void {
    this.#worker.terminate();
    this.#listen({
      type: 'failed',
      code: 'worker-died',
      message: `the worker that searches has ended (${reason})`,
      fix: 'press Start again, which opens a new one',
      option: undefined,
    });
  }
}
