/** The page's worker: holds data and model, and runs one search at a time. The page shows its messages. */
import { MasksearchError } from 'masksearch/browser';
import type { Event, ModelFile, Request } from '../src/protocol.ts';
import { Data } from './data.ts';
import { LiveRun } from './live-run.ts';
import { findGpu, modelView, Subject } from './subject.ts';

const send = (event: Event, transfer: Transferable[] = []) => postMessage(event, { transfer });

let data: Data | undefined;
let subject: Subject | undefined;
let running: LiveRun | undefined;

async function handle(request: Request): Promise<void> {
  switch (request.type) {
    case 'open': {
      data = new Data(request.base);
      // At the same time as the loading: some drivers are slow.
      const found = findGpu().then(({ kind, name }) => send({ type: 'gpu', found: kind, adapter: name }));
      await show(await subjectOf(request.file));
      // Loaded ahead for the search, which reports the error if this fails.
      data.images('search').catch(() => {});
      return found;
    }
    case 'model':
      refuseWhileRunning();
      return show(await subjectOf(request.file));
    case 'start':
      refuseWhileRunning();
      running = new LiveRun(data!, subject!, send);
      try {
        await running.run(request);
      } finally {
        running = undefined;
      }
      return;
    case 'pause':
      return running?.pause();
    case 'resume':
      return running?.resume();
    case 'step':
      return running?.step();
    case 'stop':
      return running?.stop();
    case 'classify':
      send({ type: 'drawing', ...subject!.classify(request.pixels) });
      return;
  }
}

function refuseWhileRunning(): void {
  if (!running) return;
  throw new MasksearchError('bad-input', 'a search is running', 'stop it first');
}

async function subjectOf(file: ModelFile | undefined): Promise<Subject> {
  return file ? Subject.fromFile(file) : Subject.bundled(await data!.model());
}

async function show(next: Subject): Promise<void> {
  const digits = next.digitsOf(await data!.images('test'));
  subject = next;
  send({ type: 'model', model: modelView(next), digits });
}

addEventListener('message', ({ data: request }: MessageEvent<Request>) => {
  handle(request).catch((error: unknown) => send(failure(error)));
});

function failure(error: unknown): Event {
  if (error instanceof MasksearchError) {
    const { code, phrases, option } = error;
    return { type: 'failed', code, ...phrases, option };
  }
  const outOfMemory = error instanceof RangeError;
  return {
    type: 'failed',
    code: 'unexpected',
    message: outOfMemory
      ? `there is not enough memory (${error.message})`
      : `an unexpected error, ${error instanceof Error ? error.message : String(error)}`,
    fix: outOfMemory ? 'use fewer images, or close other tabs' : 'reload the page, and report it',
    option: undefined,
  };
}
