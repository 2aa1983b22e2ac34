/** The page of the kernel benchmark: what the visitor chooses, and what the worker says. */
import { TIMING_METHODS, type BrowserDevice, type KernelRecord } from 'masksearch/browser';
import { byId } from '../dom.ts';
import { startBenchmark } from './client.ts';
import { copyText, downloadText, forgetCopies } from './export.ts';
import type { KernelsEvent, KernelsRequest } from './messages.ts';
import { KernelTables } from './tables.ts';
import { describeDevice, describeEnd, describeFailure, describeRoof } from './words.ts';

const form = byId('run-form', HTMLFormElement);
const device = byId('device', HTMLSelectElement);
const kernels = byId('kernels', HTMLSelectElement);
const start = byId('start', HTMLButtonElement);
const stop = byId('stop', HTMLButtonElement);
const copy = byId('copy', HTMLButtonElement);
const download = byId('download', HTMLButtonElement);
const progress = byId('progress', HTMLProgressElement);
const tables = new KernelTables();

/** Ends the benchmark that runs. */
let end: (() => void) | undefined;
let record: KernelRecord | undefined;

const say = (id: string, text: string) => (byId(id, HTMLElement).textContent = text);

/** Enables what can be done now, and keeps the focus where it can be used. */
function enable(running: boolean): void {
  const focused = document.activeElement;
  for (const control of [start, device, kernels]) control.disabled = running;
  stop.disabled = !running;
  for (const button of [copy, download]) button.disabled = record === undefined;
  if (focused === start && running) stop.focus();
  if (focused === stop && !running) start.focus();
}

function clear(): void {
  record = undefined;
  for (const id of ['device-taken', 'method', 'arithmetic-roof', 'memory-roof']) say(id, '-');
  say('problem', '');
  say('case', 'No case yet.');
  progress.value = 0;
  tables.clear();
  forgetCopies();
}

function finish(status: string): void {
  end = undefined;
  say('status', status);
  enable(false);
}

function show(event: KernelsEvent, asked: BrowserDevice): void {
  switch (event.type) {
    case 'opened':
      say('device-taken', describeDevice(event.bench, asked));
      say('method', TIMING_METHODS[event.bench.method]);
      say('status', 'Measuring the roofs.');
      return;
    case 'planned': {
      const { roofs, cases, repeats } = event.plan;
      say('arithmetic-roof', describeRoof(roofs.gflops, 'GFLOP/s', 'in registers'));
      say('memory-roof', describeRoof(roofs.gbps, 'GB/s', 'copied'));
      const samples = `${repeats} ${repeats === 1 ? 'sample' : 'samples'}`;
      say(
        'status',
        `Measuring ${cases.length} ${cases.length === 1 ? 'case' : 'cases'}, ${samples} of each.`,
      );
      tables.show(cases, event.plan);
      return;
    }
    case 'progress':
      progress.max = event.all;
      progress.value = event.done;
      say('case', event.text);
      return;
    case 'case':
      tables.add(event.result);
      progress.value += 1;
      return;
    case 'done':
      record = event.record;
      progress.value = progress.max;
      say('case', 'No case is left.');
      // Once more from the whole: cases that turned out to be too large are left out.
      tables.show(record.cases, record);
      return finish(describeEnd(record));
    case 'failed':
      say('problem', describeFailure(event.failure));
      return finish('The benchmark ended with an error.');
  }
}

form.addEventListener('submit', (submitted) => {
  submitted.preventDefault();
  if (end) return;
  clear();
  const asked = device.value as BrowserDevice;
  say('status', 'Opening the device.');
  end = startBenchmark({ device: asked, kernels: kernels.value as KernelsRequest['kernels'] }, (event) =>
    show(event, asked),
  );
  enable(true);
});

stop.addEventListener('click', () => {
  end?.();
  finish('Stopped: a part of a benchmark is none, so there is nothing to copy.');
});

const json = () => JSON.stringify(record, null, 2);
copy.addEventListener('click', () => void copyText(json()));
download.addEventListener('click', () => downloadText(json(), 'masksearch-kernels.json'));

enable(false);
