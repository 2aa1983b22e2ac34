/** The page's worker: holds data and model, and runs one search at a time. The page shows its messages. */
import { MasksearchError } from 'masksearch/browser';
import type { Event, Request } from '../src/protocol.ts';
import { BundledData } from './bundled-data.ts';
import { withAdded } from './given-files.ts';
import type { LiveRun } from './live-run.ts';
import { findGpu, readSubject, type ReadSubject, type Subject } from './subject.ts';

const send = (event: Event, transfer: Transferable[] = []) => postMessage(event, { transfer });

let bundled: BundledData | undefined;
let subject: Subject | undefined;
let running: LiveRun | undefined;
/** Settled when `running` is there: what searches is loaded at the start. */
let starting: Promise<void> | undefined;

async function handle(request: Request): Promise<void> {
  switch (request.type) {
    case 'open': {
      bundled = new BundledData(request.base);
      // At the same time as the loading: some drivers are slow.
      const found = findGpu().then(({ kind, name }) => send({ type: 'gpu', found: kind, adapter: name }));
      const read = await readSubject(bundled, request.given);
      if ('draft' in read) send({ type: 'architecture', given: request.given, mayDropData: false, ...read });
      else show(read);
      // Loaded ahead for the search, which reports the error if this fails.
      bundled.images('search').catch(() => {});
      return found;
    }
    case 'subject':
      refuseWhileRunning();
      return change(request);
    case 'start':
      refuseWhileRunning();
      return run(request);
    case 'pause':
    case 'resume':
    case 'step':
    case 'stop':
      // Whoever started is told if it fails.
      await starting?.catch(() => undefined);
      return running?.[request.type]();
    case 'classify':
      send({ type: 'drawing', ...subject!.classify(request.pixels) });
      return;
  }
}

async function run(request: Extract<Request, { type: 'start' }>): Promise<void> {
  const loading = loadLiveRun();
  const begin = async () => {
    const { LiveRun } = await loading;
    running = new LiveRun(subject!, send);
  };
  starting = begin();
  try {
    await starting;
    await running!.run(request);
  } finally {
    running = starting = undefined;
  }
}

async function loadLiveRun() {
  try {
    return await import('./live-run.ts');
  } catch (error) {
    throw new MasksearchError(
      'bad-input',
      `the search cannot be loaded (${(error as Error).message})`,
      'check the connection and reload the page',
    );
  }
}

function refuseWhileRunning(): void {
  if (!starting) return;
  throw new MasksearchError('bad-input', 'a search is running', 'stop it first');
}

/** If anything fails, the subject stays. */
async function change({ given, added, ...request }: Extract<Request, { type: 'subject' }>): Promise<void> {
  const now = added ? await withAdded(given, added) : { given, notes: [] };
  const keepsData = now.given.data === given.data;
  const mayDropData = keepsData && (added !== undefined || request.mayDropData);
  const read = await readSubject(bundled!, now.given, { mayDropData });
  if ('draft' in read) send({ type: 'architecture', given: now.given, mayDropData, ...read });
  else show(read, now.notes);
}

function show({ subject: next, notes }: ReadSubject, others: readonly string[] = []): void {
  subject = next;
  send(next.view([...others, ...notes]));
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
