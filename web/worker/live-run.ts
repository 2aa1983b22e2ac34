/** One search that can be watched, paused and stopped. */
import {
  affordableTask,
  BROWSER_DEVICES,
  checkTaskOptions,
  deviceName,
  MasksearchError,
  openEngine,
  openKernels,
  optionName,
  parseRunOptions,
  phrase,
  pruneModel,
  searchTask,
  spell,
  taskOf,
  unseenImages,
  type BrowserDevice,
  type RunFiles,
  type Engine,
  type SearchTask,
} from 'masksearch/browser';
import type { Event, Request } from '../src/protocol.ts';
import { LiveView } from './live-view.ts';
import { MagnitudeCurve } from './magnitude-curve.ts';
import type { Subject } from './subject.ts';

/** Milliseconds after which the worker handles messages, even if the search never waits for a device. */
const MAX_BLOCK = 50;

/** Milliseconds between two computations that are only for display; longer if they take long, so that the search has most of the time. */
const SHOW_INTERVAL = 250;
const SHOW_SHARE = 0.1;

export class LiveRun {
  readonly #subject: Subject;
  readonly #send: (event: Event, transfer?: Transferable[]) => void;
  readonly #abort = new AbortController();
  #paused = false;
  /** Rounds to run although the search is paused. */
  #steps = 0;
  #wake: (() => void) | undefined;
  #lastPause = 0;
  #nextShow = 0;
  #view: LiveView | undefined;
  #magnitude: MagnitudeCurve | undefined;

  constructor(subject: Subject, send: (event: Event, transfer?: Transferable[]) => void) {
    this.#subject = subject;
    this.#send = send;
  }

  /** Rejects with the error of the options, the device or the search. */
  async run({ device, options, isDefaultBudget }: Extract<Request, { type: 'start' }>): Promise<void> {
    const { model, name, reading, data } = this.#subject;
    const values = parseRunOptions(options);
    checkTaskOptions(taskOf(model), values);
    const asked = knownDevice(device);
    const splits = await data!.splits(values.split, values.repair !== 'none' && values.preset !== 'paper');
    const wanted = searchTask(values, splits, model);
    const engine = await openEngine({ device: asked });
    try {
      // Then the budget may say how weights are repaired, too.
      const { targets } = values;
      const given = isDefaultBudget ? { ...(targets && { targets }) } : values;
      const { task, budget } = await affordableTask(engine, model, wanted, given);
      if (budget) this.#send({ type: 'budget', budget });
      this.#started(engine, task);
      this.#magnitude = await MagnitudeCurve.open(engine, model, task, this.#send);
      const { result, files } = await pruneModel(engine, model, task, {
        modelName: name,
        reading,
        budget,
        dataNotes: data!.view.notes,
        test: unseenImages(task, splits),
        onSuspicion: (warning) => this.#send({ type: 'note', text: `Warning: ${spell(warning)}.` }),
        signal: this.#abort.signal,
        gate: () => this.#gate(),
        onStart: (search) => (this.#view = new LiveView(search, task.spec, this.#send)),
        onProgress: (progress, _work, seconds) => this.#view!.update(progress, seconds),
        onFound: (files) => this.#found(files),
        onEvaluating: (points) => this.#send({ type: 'evaluating', points }),
        openKernels,
        check: values.check,
        onCheckFailed: (error) =>
          this.#send({
            type: 'note',
            text: `The masks could not be checked on the WebGPU kernels: ${(error as Error).message}.`,
          }),
      });
      this.#send({ type: 'done', result, files });
    } finally {
      await engine.close();
    }
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake?.();
    this.#send({ type: 'resumed' });
  }

  step(): void {
    this.#steps++;
    this.#wake?.();
  }

  stop(): void {
    this.#abort.abort();
    this.#wake?.();
  }

  #started({ device }: Engine, task: SearchTask): void {
    const { kind, software } = device;
    this.#send({
      type: 'started',
      device: { kind, description: deviceName(device), software },
      images: task.images.count,
    });
  }

  /** Called before every round of the search, which waits for it. */
  #gate(): Promise<void> | undefined {
    const held = this.#paused && this.#steps === 0;
    if (!held && performance.now() - this.#lastPause < MAX_BLOCK) {
      if (this.#steps > 0) this.#steps--;
      return undefined;
    }
    return this.#hold();
  }

  async #hold(): Promise<void> {
    await nextTask();
    if (!this.#paused && performance.now() > this.#nextShow) {
      const started = performance.now();
      await this.#magnitude!.advance();
      this.#predict();
      const ended = performance.now();
      this.#nextShow = ended + Math.max(SHOW_INTERVAL, (ended - started) / SHOW_SHARE);
    }
    while (this.#paused && this.#steps === 0 && !this.#abort.signal.aborted) {
      this.#view?.flush();
      this.#predict();
      this.#send({ type: 'paused' });
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#steps > 0) this.#steps--;
    this.#lastPause = performance.now();
  }

  #predict(): void {
    const state = this.#view?.state;
    if (!state || state.masks === this.#subject.masks) return;
    this.#subject.masks = state.masks;
    this.#subject.tensors = state.tensors ?? this.#subject.model.tensors;
    this.#send({ type: 'predictions', pruned: this.#subject.predictions() });
  }

  /** The search has ended: shows what it chose. */
  async #found(files: RunFiles): Promise<void> {
    this.#view!.end();
    this.#send({ type: 'found', files });
    this.#predict();
    while (!this.#abort.signal.aborted && (await this.#magnitude!.advance()));
    await this.#magnitude!.close();
  }
}

/** Throws 'bad-input' for a name that is no device. */
function knownDevice(name: string): BrowserDevice {
  const known = BROWSER_DEVICES.find((device) => device === name);
  if (known) return known;
  throw new MasksearchError(
    'bad-input',
    phrase`${optionName('device')} is ${name}`,
    `choose one of ${BROWSER_DEVICES.join(', ')}`,
    { option: 'device', value: name, choices: BROWSER_DEVICES },
  );
}

/** Lets the worker handle the messages that have arrived. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
