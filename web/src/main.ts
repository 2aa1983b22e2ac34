/** The page: shows the worker's messages, and sends it the user's requests. */
import { Complaint, type Place } from './complaint.ts';
import { CourseCharts } from './result/course-charts.ts';
import { ClassNames, DIGIT_NAMES } from './digits/class-names.ts';
import { SampleList } from './digits/sample-list.ts';
import { byId } from './dom.ts';
import { DrawingPad } from './digits/drawing-pad.ts';
import { FrontChart } from './result/front-chart.ts';
import { GuessTable } from './digits/guess-table.ts';
import { MaskPictures } from './result/mask-pictures.ts';
import { Outcome } from './result/outcome.ts';
import type { ResultBudget } from 'masksearch/browser';
import type { Added, Event, Given, Live } from './protocol.ts';
import { RunBar, type ButtonName } from './run-bar.ts';
import { SearchClient } from './search-client.ts';
import { Settings } from './settings.ts';
import { commandOptions, namesOf } from './subject/file-names.ts';
import { NetworkEditor } from './subject/network-editor.ts';
import { NOTHING_GIVEN, SubjectPanel } from './subject/panel.ts';
import { measures } from './words.ts';

const form = byId('settings', HTMLFormElement);
const deviceNote = byId('device-note', HTMLParagraphElement);
const link = byId('link', HTMLAnchorElement);
const copyLink = byId('copy-link', HTMLButtonElement);
const toResult = byId('to-result', HTMLButtonElement);

const client = new SearchClient(listen);
const bar = new RunBar(press);
const complaint = new Complaint((place) => focusOf[place]());
const settings = new Settings(showLink);
const panel = new SubjectPanel({
  onFiles: takeFiles,
  onApply: applyReading,
  onUnreadable: (reason) =>
    complaint.show(`What was dropped cannot be read: ${reason}. Choose the files instead.`, 'files'),
});
const editor = new NetworkEditor({ onApply: applyNetwork, onCancel: leaveWeights });
const focusOf: Readonly<Record<Place, () => void>> = {
  page: () => bar.focus(),
  files: () => panel.focus(),
  network: () => editor.focus(),
};
const charts = new CourseCharts();
const front = new FrontChart();
const pictures = new MaskPictures();
const samples = new SampleList();
const guesses = new GuessTable();
const outcome = new Outcome();
/** Whether something is drawn, and whether it is an image for this network. */
let drawn = false;
let canDraw = false;
const pad = new DrawingPad((pixels) => {
  drawn = pixels !== undefined;
  if (!pixels) guesses.clear();
  else if (loaded && canDraw) client.send({ type: 'classify', pixels });
});

/** Whether the worker has a model; and data for it. */
let loaded = false;
let hasData = false;
/** What is in use, and what the worker was asked to use last: it may have refused that. */
let given = NOTHING_GIVEN;
let asked: { readonly given: Given; readonly added?: Added } = { given };
/** Weights that need a network before they can be used. */
let pending: Pick<Extract<Event, { type: 'architecture' }>, 'name' | 'given' | 'mayDropData'> | undefined;
/** Where the worker was asked from, and its error is shown. */
let askedFrom: Place = 'page';
/** What the network takes and gives. */
let network = { input: '', outputs: 0 };
/** The device of the current search, in words, and its budget of time, in seconds. */
let device = '';
let budget: number | undefined;
/** Its link, and its current layer. */
let runLink = '';
let layer = '';
/** Whether to start the search as soon as model and data are read. */
let startWhenLoaded = false;

showLink();
load();

/** Loads digits and model; with `restart`, in a new worker. */
function load(restart = false): void {
  loaded = false;
  asked = { given };
  askedFrom = 'page';
  leavePending();
  bar.enter('loading', 'Loading digits and model …');
  if (restart) client.restart(given);
  else client.open(given);
}

function showLink(): void {
  link.href = `#${settings.fragment}`;
  const own = [...(given.model.length > 0 ? ['model'] : []), ...(given.data.length > 0 ? ['data'] : [])];
  link.textContent = [
    'Link to these settings',
    ...(own.length > 0 ? [`without the ${own.join(' and ')}`] : []),
  ].join(', ');
  copyLink.textContent = 'Copy the link';
  byId('command', HTMLElement).textContent = settings.command(commandOptions(given));
}

// Requests to the worker

form.addEventListener('submit', (event) => {
  event.preventDefault();
  complaint.clear();
  settings.markInvalid(undefined);
  if (bar.phase === 'empty') {
    startWhenLoaded = true;
    load(true);
  } else if (bar.phase === 'idle' && isOwn(given) && !isRead()) {
    startWhenLoaded = true;
    ask({ given: readAnew() });
  } else if (bar.phase === 'idle') {
    start();
  }
});

const isOwn = ({ model, data }: Given) => model.length > 0 || data.length > 0;

/** Whether what is in use was read with what the fields say. */
const isRead = () => JSON.stringify(given.reading) === JSON.stringify(panel.reading);

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

function takeFiles(added: Added): void {
  complaint.clear();
  panel.markInvalid(undefined);
  if (!mayChange()) {
    complaint.show(
      bar.phase === 'empty'
        ? 'The digits are not loaded yet: press Start, then choose the files again.'
        : 'Model and data can be changed only while nothing is searched or loaded: try again then.',
      'files',
    );
    return;
  }
  ask({ given: readAnew(), added });
}

/** What is in use, or would be with a network, with the fields as they are now. */
const readAnew = (): Given => ({ ...(pending?.given ?? given), reading: panel.reading });

/** Reads once more, with the fields as they are now, what was given last. */
function applyReading(): void {
  complaint.clear();
  panel.markInvalid(undefined);
  const added = pending ? undefined : asked.added;
  if (!isOwn(readAnew()) && !added)
    complaint.show('These fields are for a model or data of your own: choose files first.', 'files');
  else if (mayChange()) ask({ given: readAnew(), ...(added && { added }) });
}

/** Reads the weights with the network as it was corrected. */
function applyNetwork(architecture: string): void {
  complaint.clear();
  if (mayChange()) ask({ given: { ...readAnew(), architecture } }, 'network');
}

function leaveWeights(): void {
  complaint.clear();
  leavePending();
  asked = { given };
  showReady();
}

/** What is in use stays, with its network if it has been given one. */
function leavePending(): void {
  if (pending) panel.show();
  pending = undefined;
  showNetwork();
}

function showNetwork(): void {
  if (given.architecture === undefined) editor.close();
  else editor.settle(given);
}

const mayChange = () => bar.phase === 'idle' || bar.phase === 'needs-data' || bar.phase === 'needs-network';

function ask(wanted: typeof asked, from: Place = 'files'): void {
  asked = wanted;
  askedFrom = from;
  const { added } = wanted;
  const hasFiles = added !== undefined && added.files.length > 0;
  bar.enter('loading', `Reading ${hasFiles ? namesOf(added.files) : 'model and data'} …`);
  client.send({ type: 'subject', ...wanted, mayDropData: pending?.mayDropData ?? false });
}

// Messages from the worker

function listen(event: Event): void {
  switch (event.type) {
    case 'gpu':
      deviceNote.textContent = gpuSentence(event);
      return;
    case 'subject':
      return showSubject(event);
    case 'architecture':
      return askForNetwork(event);
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
      samples.pruned = event.pruned;
      pad.repeat();
      return;
    case 'drawing':
      if (drawn) guesses.write(event.unpruned, event.pruned);
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

function showSubject(event: Extract<Event, { type: 'subject' }>): void {
  const { model, data, notes } = event;
  const changed = asked.given !== given || asked.added !== undefined;
  given = event.given;
  asked = { given };
  pending = undefined;
  showNetwork();
  loaded = true;
  hasData = data !== undefined;
  panel.show(event);
  settings.fit(model, data);
  const [quality] = measures(model.task);
  bar.quality = quality;
  charts.task = model.task;
  pictures.show(model);
  showImages(event);
  if (changed) clearRun();
  if (notes.length > 0) complaint.show(notes.join(' '), 'files');
  showLink();
  showReady(model);
  pad.repeat();
  const start = startWhenLoaded && hasData;
  startWhenLoaded = false;
  if (start) form.requestSubmit();
}

function askForNetwork(event: Extract<Event, { type: 'architecture' }>): void {
  pending = event;
  asked = { given: event.given };
  startWhenLoaded = false;
  editor.ask(event);
  panel.showWeights(event);
  showNeedOfNetwork(event);
}

function showNeedOfNetwork({ name }: NonNullable<typeof pending>): void {
  bar.enter(
    'needs-network',
    `${name} holds weights and no network: check the one that is drafted from their shapes, and use it.`,
  );
}

/** Classes that fit into a table beside the pad. */
const MAX_ROWS = 30;

/** The pictures of the data, as far as they are any. */
function showImages({ model, data, samples: shown }: Extract<Event, { type: 'subject' }>): void {
  const names = !data || data.areDigits ? DIGIT_NAMES : new ClassNames(data);
  byId('samples-panel', HTMLElement).hidden = !shown;
  if (shown) samples.show(shown, names);
  canDraw = data !== undefined && data.canBeDrawn && model.task === 'classes' && model.outputs <= MAX_ROWS;
  byId('pad-panel', HTMLElement).hidden = !canDraw;
  if (canDraw) guesses.show(model.outputs, names);
  byId('pad-title', HTMLElement).textContent = names === DIGIT_NAMES ? 'Draw a digit' : 'Draw an image';
}

function showReady({ input, outputs }: { readonly input: string; readonly outputs: number } = network): void {
  network = { input, outputs };
  if (hasData) bar.enter('idle', 'Ready.');
  else
    bar.enter('needs-data', `Choose data for this network: it takes ${input} numbers and gives ${outputs}.`);
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
function takeBudget({ evaluations, images, calibration, repair, instead }: ResultBudget): void {
  settings.enter({
    evaluations: String(evaluations),
    images: String(images),
    ...(repair && { repair }),
    ...(calibration !== undefined && { calibration: String(calibration) }),
  });
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
  complaint.showFailure(
    failure,
    (name) => settings.labelOf(name) ?? panel.labelOf(name),
    wasLoading && loaded ? askedFrom : 'page',
  );
  settings.markInvalid(option);
  panel.markInvalid(option);
  if (!loaded) bar.enter('empty', 'Press Start to try again.');
  else if (wasLoading && pending) showNeedOfNetwork(pending);
  else if (wasLoading) showReady();
  else bar.enter('idle', 'The search has failed.');
}
