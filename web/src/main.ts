/** The page: shows what the worker says, and tells it what is asked for. */
import { CourseCharts } from './course-charts.ts';
import { DigitList } from './digit-list.ts';
import { byId } from './dom.ts';
import { DrawingPad } from './drawing-pad.ts';
import { FrontChart } from './front-chart.ts';
import { GuessTable } from './guess-table.ts';
import { MaskPictures } from './mask-pictures.ts';
import { Outcome } from './outcome.ts';
import type { Event, Live } from './protocol.ts';
import { RunBar, type ButtonName } from './run-bar.ts';
import { SearchClient } from './search-client.ts';
import { Settings } from './settings.ts';
import { sentence } from './words.ts';

const complaint = byId('complaint', HTMLDivElement);
const alertBox = byId('alert', HTMLDivElement);
const modelName = byId('model-name', HTMLSpanElement);
const bundledModel = byId('bundled-model', HTMLButtonElement);
const deviceNote = byId('device-note', HTMLParagraphElement);
const link = byId('link', HTMLAnchorElement);

const client = new SearchClient(listen);
const bar = new RunBar(press);
const settings = new Settings(showLink);
const charts = new CourseCharts();
const front = new FrontChart();
const pictures = new MaskPictures();
const digits = new DigitList();
const guesses = new GuessTable();
const outcome = new Outcome();
/** Whether there is a drawing that a guess can be of. */
let drawn = false;
const pad = new DrawingPad((pixels) => {
  drawn = pixels !== undefined;
  if (!pixels) guesses.clear();
  else if (bar.stage !== 'loading' && bar.stage !== 'empty') client.send({ type: 'classify', pixels });
});

/** A file that was given to be pruned; undefined where it is the bundled model. */
let file: { readonly name: string; readonly bytes: Uint8Array } | undefined;
/** What the search in hand runs on, in words. */
let device = '';
/** To begin with the search as soon as digits and model are there. */
let startWhenReady = false;

showLink();
client.open();

function showLink(): void {
  link.href = `#${settings.fragment}`;
  byId('command', HTMLElement).textContent = settings.command(file?.name);
}

/** Says what went wrong, until it is closed or something else is asked for; nothing if the text is empty. */
function complain(text: string): void {
  complaint.hidden = text === '';
  alertBox.textContent = text;
}

// What the page asks for

byId('settings', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  complain('');
  settings.markInvalid(undefined);
  if (bar.stage === 'empty') {
    startWhenReady = true;
    bar.enter('loading', 'Loading digits and model …');
    client.restart();
  } else if (bar.stage === 'idle') {
    start();
  }
});

function start(): void {
  bar.clear();
  charts.clear();
  front.clear();
  outcome.clear();
  pictures.update(undefined);
  history.replaceState(null, '', link.href);
  bar.nameCounts(settings.options['method'] === 'ga');
  bar.enter('starting', 'Opening the device …');
  client.send({ type: 'start', device: settings.device, options: settings.options });
}

function press(button: ButtonName): void {
  if (button === 'stop') return stop();
  if (button === 'pause') bar.enter('pausing', 'Pausing …');
  if (button === 'pause' || button === 'resume' || button === 'step') client.send({ type: button });
}

function stop(): void {
  if (bar.stage === 'stopping' || bar.stage === 'judging') {
    bar.enter('loading', 'Giving up what was found …');
    client.restart();
    return;
  }
  bar.enter('stopping', 'Stopping. Press Stop again to give up what was found.');
  client.send({ type: 'stop' });
}

byId('dismiss', HTMLButtonElement).addEventListener('click', () => complain(''));
byId('copy-link', HTMLButtonElement).addEventListener('click', ({ currentTarget }) => {
  const button = currentTarget as HTMLButtonElement;
  navigator.clipboard.writeText(link.href).then(
    () => (button.textContent = 'Copied'),
    () => complain('The browser does not let the page copy: copy the address of the link by its menu.'),
  );
});
window.addEventListener('hashchange', () => {
  settings.readAddress();
  showLink();
});

async function takeModel(given: File | undefined): Promise<void> {
  if (!given) return;
  if (bar.stage !== 'idle') {
    complain('A model can be changed only while nothing is searched: stop the search, then give it again.');
    return;
  }
  complain('');
  const candidate = { name: given.name, bytes: new Uint8Array(await given.arrayBuffer()) };
  file = candidate;
  bar.enter('loading', `Reading ${given.name} …`);
  client.send({ type: 'model', ...candidate });
}

const fileInput = byId('model-file', HTMLInputElement);
fileInput.addEventListener('change', () => void takeModel(fileInput.files?.[0]));
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  void takeModel(event.dataTransfer?.files[0]);
});
bundledModel.addEventListener('click', () => {
  if (bar.stage !== 'idle') return;
  file = undefined;
  client.send({ type: 'bundled-model' });
});

// What the worker says

function listen(event: Event): void {
  switch (event.type) {
    case 'gpu':
      deviceNote.textContent = gpuSentence(event);
      return;
    case 'model':
      return showModel(event);
    case 'started':
      device = deviceWords(event);
      bar.enter('running', `Searching on ${device}`);
      return;
    case 'live':
      return showLive(event.live);
    case 'paused':
      charts.describe();
      front.describe();
      bar.enter('paused', 'Paused. Step judges what the search asks for next.');
      return;
    case 'resumed':
      bar.enter('running', `Searching on ${device}`);
      return;
    case 'magnitude':
      front.addMagnitude(event.point);
      return;
    case 'predictions':
      digits.pruned = event.pruned;
      pad.repeat();
      return;
    case 'drawing':
      if (drawn) guesses.show(event.full, event.pruned);
      return;
    case 'judging':
      bar.enter('judging', `Judging ${event.states} states. Press Stop to give up what was found.`);
      return;
    case 'note':
      complain(event.text);
      return;
    case 'done':
      charts.describe();
      front.describe();
      outcome.show(event.result, event.files);
      bar.enter(
        'idle',
        event.result.completed ? 'Done: the files are under Result.' : 'Stopped: the files are under Result.',
      );
      return;
    case 'failed':
      return fail(event);
  }
}

function gpuSentence({ found, adapter }: Extract<Event, { type: 'gpu' }>): string {
  switch (found) {
    case 'hardware':
      return `This browser has WebGPU on ${adapter}.`;
    case 'software':
      return `The only WebGPU adapter here, ${adapter}, computes on the processor: WebAssembly is faster.`;
    case 'none':
      return 'This browser has no WebGPU adapter: the search runs on WebAssembly, on the processor.';
  }
}

function deviceWords({ device, images }: Extract<Event, { type: 'started' }>): string {
  const kind = { webgpu: device.software ? 'a software GPU' : 'the GPU', wasm: 'the processor' }[device.kind];
  return `${kind ?? device.kind} (${device.description}) with ${images} images`;
}

function showModel({ model, digits: shown }: Extract<Event, { type: 'model' }>): void {
  modelName.textContent = model.name;
  bundledModel.hidden = file === undefined;
  pictures.show(model);
  digits.show(shown);
  charts.clear();
  front.clear();
  outcome.clear();
  bar.clear();
  showLink();
  bar.enter('idle', 'Ready.');
  pad.repeat();
  if (startWhenReady) {
    startWhenReady = false;
    start();
  }
}

function showLive(live: Live): void {
  bar.show(live);
  charts.add(live);
  front.front = live.front;
  pictures.point(live.layer);
  if (live.masks) pictures.update(live.masks);
  const seconds = settings.options['seconds'];
  const left = bar.progress(live, seconds === undefined ? undefined : Number(seconds));
  if (bar.stage === 'running') bar.enter('running', `Searching ${live.layer} on ${device}${left}`);
}

function fail({ code, message, fix, option }: Extract<Event, { type: 'failed' }>): void {
  if (code === 'aborted') {
    bar.enter('idle', 'Stopped before anything was found.');
    return;
  }
  complain(`${sentence(message)} ${sentence(fix)}`);
  settings.markInvalid(option);
  if (code === 'worker-died' || bar.stage === 'loading') {
    // A file that is no model leaves the one before.
    if (code !== 'worker-died' && file && modelName.textContent !== file.name) {
      file = undefined;
      bar.enter('idle', 'Ready.');
      return;
    }
    bar.enter('empty', 'Press Start to try again.');
    return;
  }
  bar.enter('idle', 'The search has failed.');
}
