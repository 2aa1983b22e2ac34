/** The page: shows the worker's messages, and sends it the user's requests. */
import { Complaint } from './complaint.ts';
import { CourseCharts } from './result/course-charts.ts';
import { DigitList } from './digits/digit-list.ts';
import { byId } from './dom.ts';
import { DrawingPad } from './digits/drawing-pad.ts';
import { FrontChart } from './result/front-chart.ts';
import { GuessTable } from './digits/guess-table.ts';
import { MaskPictures } from './result/mask-pictures.ts';
import { Outcome } from './result/outcome.ts';
import type { ResultBudget } from 'masksearch/browser';
import type { Event, Live, ModelFile } from './protocol.ts';
import { RunBar, type ButtonName } from './run-bar.ts';
import { SearchClient } from './search-client.ts';
import { Settings } from './settings.ts';

const form = byId('settings', HTMLFormElement);
const modelName = byId('model-name', HTMLSpanElement);
const bundledModel = byId('bundled-model', HTMLButtonElement);
const deviceNote = byId('device-note', HTMLParagraphElement);
const link = byId('link', HTMLAnchorElement);
const copyLink = byId('copy-link', HTMLButtonElement);
const fileInput = byId('model-file', HTMLInputElement);
const toResult = byId('to-result', HTMLButtonElement);

const client = new SearchClient(listen);
const bar = new RunBar(press);
const complaint = new Complaint(() => bar.focus());
const settings = new Settings(showLink);
const charts = new CourseCharts();
const front = new FrontChart();
const pictures = new MaskPictures();
const digits = new DigitList();
const guesses = new GuessTable();
const outcome = new Outcome();
/** Whether something is drawn. */
let drawn = false;
const pad = new DrawingPad((pixels) => {
  drawn = pixels !== undefined;
  if (!pixels) guesses.clear();
  else if (loaded) client.send({ type: 'classify', pixels });
});

/** Whether the worker has digits and a model. */
let loaded = false;
/** The file of the model; undefined for the bundled one. */
let file: ModelFile | undefined;
/** The file that is being read. */
let candidate: ModelFile | undefined;
/** The device of the current search, in words, and its budget of time, in seconds. */
let device = '';
let budget: number | undefined;
/** Its link, and its current layer. */
let runLink = '';
let layer = '';
/** Whether to start the search as soon as digits and model are loaded. */
let startWhenLoaded = false;

showLink();
load();

/** Loads digits and model; with `restart`, in a new worker. */
function load(restart = false): void {
  loaded = false;
  candidate = file;
  bar.enter('loading', 'Loading digits and model …');
  if (restart) client.restart(file);
  else client.open(file);
}

function showLink(): void {
  link.href = `#${settings.fragment}`;
  link.textContent = file ? 'Link to these settings, without the model' : 'Link to these settings';
  copyLink.textContent = 'Copy the link';
  byId('command', HTMLElement).textContent = settings.command(file?.name);
}

// Requests to the worker

form.addEventListener('submit', (event) => {
  event.preventDefault();
  complaint.clear();
  settings.markInvalid(undefined);
  if (bar.phase === 'empty') {
    startWhenLoaded = true;
    load(true);
  } else if (bar.phase === 'idle') {
    start();
  }
});

function start(): void {
  const { options } = settings;
  device = '';
  runLink = link.href;
  budget = options['seconds'] === undefined ? undefined : Number(options['seconds']);
  bar.nameCounts(options['method'] === 'ga');
  bar.enter('starting', 'Opening the device …');
  client.send({ type: 'start', device: settings.device, options, isDefaultBudget: settings.isDefaultBudget });
}

function press(button: ButtonName): void {
  if (button === 'stop') return stop();
  if (button === 'pause') bar.enter('pausing', 'Pausing …');
  if (button === 'pause' || button === 'resume' || button === 'step') client.send({ type: button });
}

function stop(): void {
  if (bar.phase === 'stopping' || bar.phase === 'evaluating') {
    load(true);
    return;
  }
  bar.enter('stopping', 'Stopping. Press Stop again to skip the evaluation of what was found.');
  client.send({ type: 'stop' });
}

copyLink.addEventListener('click', () => {
  navigator.clipboard.writeText(link.href).then(
    () => (copyLink.textContent = 'Copied'),
    () =>
      complaint.show('The browser does not let the page copy: use the menu of the link to copy its address.'),
  );
});
toResult.addEventListener('click', () => {
  const title = byId('result-title', HTMLHeadingElement);
  title.scrollIntoView();
  title.focus();
});
window.addEventListener('hashchange', () => {
  settings.readAddress();
  settings.markInvalid(undefined);
  complaint.clear();
  showLink();
});

async function takeModel(given: File): Promise<void> {
  complaint.clear();
  if (bar.phase !== 'idle') {
    complaint.show(
      bar.phase === 'empty'
        ? 'The digits are not loaded yet: press Start, then choose the model again.'
        : 'A model can be changed only while nothing is searched or loaded: try again then.',
    );
    return;
  }
  bar.enter('loading', `Reading ${given.name} …`);
  try {
    candidate = { name: given.name, bytes: new Uint8Array(await given.arrayBuffer()) };
    client.send({ type: 'model', file: candidate });
  } catch (error) {
    complaint.show(`${given.name} cannot be read (${(error as Error).message}). Choose a single file.`);
    bar.enter('idle', 'Ready.');
  }
}

fileInput.addEventListener('change', () => {
  const [given] = fileInput.files ?? [];
  if (given) void takeModel(given);
  // So that the same file can be chosen again.
  fileInput.value = '';
});
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  const [given] = event.dataTransfer?.files ?? [];
  if (given) void takeModel(given);
});
bundledModel.addEventListener('click', () => {
  if (bar.phase !== 'idle') return;
  bar.enter('loading', 'Loading the bundled model …');
  candidate = undefined;
  client.send({ type: 'model', file: undefined });
});

// Messages from the worker

function listen(event: Event): void {
  switch (event.type) {
    case 'gpu':
      deviceNote.textContent = gpuSentence(event);
      return;
    case 'model':
      return showModel(event);
    case 'started':
      return started(event);
    case 'budget':
      return takeBudget(event.budget);
    case 'live':
      return showLive(event.live);
    case 'paused':
      charts.describe();
      front.describe();
      if (bar.phase === 'stopping') return;
      bar.enter('paused', 'Paused. Step runs one round of the search.');
      bar.detail = `Layer ${layer}`;
      return;
    case 'resumed':
      if (bar.phase !== 'pausing' && bar.phase !== 'paused') return;
      if (device === '') bar.enter('starting', 'Opening the device …');
      else bar.enter('running', `Searching on ${device}`);
      return;
    case 'magnitude':
      front.addMagnitude(event.point);
      return;
    case 'predictions':
      digits.pruned = event.pruned;
      pad.repeat();
      return;
    case 'drawing':
      if (drawn) guesses.show(event.unpruned, event.pruned);
      return;
    case 'found':
      outcome.showFiles(event.files);
      toResult.hidden = false;
      return;
    case 'evaluating':
      bar.enter('evaluating', `Evaluating the ${event.points} points of the front. Press Stop to skip this.`);
      return;
    case 'note':
      complaint.show(event.text);
      return;
    case 'done':
      charts.describe();
      front.describe();
      outcome.show(event.result, event.files);
      bar.enter('idle', event.result.completed ? 'Done.' : 'Stopped.');
      return;
    case 'failed':
      return fail(event);
  }
}

function gpuSentence({ found, adapter }: Extract<Event, { type: 'gpu' }>): string {
  switch (found) {
    case 'hardware':
      return `This browser has WebGPU on ${adapter || 'a GPU that it does not name'}.`;
    case 'software':
      return `The only WebGPU adapter of this browser, ${adapter}, computes on the processor: WebAssembly is faster.`;
    case 'none':
      return 'This browser has no WebGPU adapter: the search runs on WebAssembly, on the processor.';
  }
}

function showModel({ model, digits: shown }: Extract<Event, { type: 'model' }>): void {
  const changed = modelName.textContent !== model.name || file !== candidate;
  file = candidate;
  loaded = true;
  modelName.textContent = model.name;
  if (document.activeElement === bundledModel) fileInput.focus();
  bundledModel.hidden = file === undefined;
  pictures.show(model);
  digits.show(shown);
  if (changed) clearRun();
  showLink();
  bar.enter('idle', 'Ready.');
  pad.repeat();
  if (startWhenLoaded) {
    startWhenLoaded = false;
    form.requestSubmit();
  }
}

function clearRun(): void {
  toResult.hidden = true;
  bar.clear();
  charts.clear();
  front.clear();
  outcome.clear();
}

function started({
  device: { kind, description, software },
  images,
}: Extract<Event, { type: 'started' }>): void {
  const kinds: Readonly<Record<string, string>> = {
    webgpu: software ? 'a software GPU' : 'the GPU',
    wasm: 'the processor',
  };
  device = `${kinds[kind] ?? kind} (${description}) with ${images} images`;
  clearRun();
  pictures.update(undefined);
  history.replaceState(null, '', runLink);
  if (bar.phase === 'starting') bar.enter('running', `Searching on ${device}`);
}

/** The form, the link and the command have what the search got. */
function takeBudget({ evaluations, images, instead }: ResultBudget): void {
  settings.enter({ evaluations: String(evaluations), images: String(images) });
  showLink();
  runLink = link.href;
  complaint.show(
    `This network is slow on this device: the search got ${evaluations} evaluations on ${images} images instead of ` +
      `${instead.evaluations} on ${instead.images}, so that it takes about a minute.`,
  );
}

function showLive(live: Live): void {
  bar.show(live);
  charts.add(live);
  front.front = live.front;
  if (live.masks) pictures.update(live.masks);
  const left = bar.progress(live, budget);
  layer = live.layer;
  if (bar.phase === 'running') bar.detail = `Layer ${layer}${left}`;
}

function fail(failure: Extract<Event, { type: 'failed' }>): void {
  const { code, option } = failure;
  const wasLoading = bar.phase === 'loading';
  startWhenLoaded = false;
  if (code === 'worker-died') loaded = false;
  if (code === 'aborted') {
    bar.enter('idle', 'Stopped before anything was found.');
    return;
  }
  complaint.showFailure(failure, (name) => settings.labelOf(name));
  settings.markInvalid(option);
  candidate = file;
  if (!loaded) bar.enter('empty', 'Press Start to try again.');
  else bar.enter('idle', wasLoading ? 'Ready.' : 'The search has failed.');
}
