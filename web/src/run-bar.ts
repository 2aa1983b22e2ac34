/** The buttons, the status line, and the current figures. */
import { byId } from './dom.ts';
import type { Measure } from 'masksearch/browser';
import type { Live } from './protocol.ts';
import { count, duration, fixed, capitalized, measures, nats, percent } from './words.ts';

/** What the page is doing. */
export type RunPhase =
  | 'loading'
  /** Digits or model could not be loaded: there is nothing to search. */
  | 'empty'
  /** The model needs data that were not given yet. */
  | 'needs-data'
  /** The model is weights without a network, which was not given yet. */
  | 'needs-network'
  | 'idle'
  | 'starting'
  | 'running'
  | 'pausing'
  | 'paused'
  | 'stopping'
  /** The search has ended, and what it found is being evaluated. */
  | 'evaluating';

const BUTTONS = ['start', 'pause', 'step', 'resume', 'stop'] as const;
export type ButtonName = (typeof BUTTONS)[number];

const ENABLED: Readonly<Record<RunPhase, readonly ButtonName[]>> = {
  loading: [],
  empty: ['start'],
  'needs-data': [],
  'needs-network': [],
  idle: ['start'],
  starting: ['pause', 'stop'],
  running: ['pause', 'stop'],
  pausing: ['resume', 'stop'],
  paused: ['resume', 'step', 'stop'],
  stopping: ['stop'],
  evaluating: ['stop'],
};

export class RunBar {
  readonly #status = byId('status', HTMLParagraphElement);
  readonly #progress = byId('progress', HTMLProgressElement);
  readonly #buttons = new Map(BUTTONS.map((name) => [name, byId(name, HTMLButtonElement)]));
  readonly #detail = byId('detail', HTMLSpanElement);
  #phase: RunPhase = 'loading';
  /** Whether the focus was on a button when all were disabled. */
  #focusLost = false;
  #quality = measures('classes')[0];

  /** Calls `on` when a button is pressed, except Start, which submits the form. */
  constructor(on: (button: ButtonName) => void) {
    for (const [name, button] of this.#buttons) {
      if (name !== 'start') button.addEventListener('click', () => on(name));
    }
  }

  get phase(): RunPhase {
    return this.#phase;
  }

  /** Shows the status, and enables the buttons of the phase. */
  enter(phase: RunPhase, status: string): void {
    this.#phase = phase;
    // Screen readers read it out when it is set: only if it is new.
    if (this.#status.textContent !== status) this.#status.textContent = status;
    this.detail = '';
    this.#focusLost ||= this.#hasFocus();
    for (const [name, button] of this.#buttons) button.disabled = !ENABLED[phase].includes(name);
    if (!this.#focusLost || ENABLED[phase].length === 0) return;
    this.#focusLost = false;
    // The focus was on a button that is disabled now: it goes to the first enabled one, unless it has been moved elsewhere.
    const stays = [...this.#buttons.values()].some((one) => one === document.activeElement && !one.disabled);
    if (!stays && (this.#hasFocus() || document.activeElement === document.body)) this.focus();
  }

  /** Moves the focus to the first enabled button. */
  focus(): void {
    const [next] = ENABLED[this.#phase];
    if (next) this.#buttons.get(next)!.focus();
  }

  #hasFocus(): boolean {
    return [...this.#buttons.values()].some((button) => button === document.activeElement);
  }

  /** Text that changes all the time, and is not read out. */
  set detail(text: string) {
    this.#detail.textContent = text;
  }

  /** A genetic algorithm does not accept proposals: it counts feasible individuals. */
  nameCounts(genetic: boolean): void {
    byId('accepted-name', HTMLElement).textContent = genetic ? 'Feasible' : 'Accepted';
    byId('rejected-name', HTMLElement).textContent = genetic ? 'Not feasible' : 'Not accepted';
  }

  /** The figure that says how good the network is. */
  set quality(measure: Measure) {
    this.#quality = measure;
    byId('accuracy-name', HTMLElement).textContent = capitalized(measure.name);
  }

  clear(): void {
    this.#progress.value = 0;
    for (const figure of document.querySelectorAll('#figures dd')) figure.textContent = '–';
  }

  show({ evaluations, accepted, evaluationsPerSecond, samples }: Live): void {
    const write = (id: string, text: string) => (byId(id, HTMLElement).textContent = text);
    const current = samples.at(-1);
    if (current) {
      write('global-sparsity', percent(current.globalSparsity));
      write('mean-sparsity', percent(current.meanLayerSparsity));
      write('loss', nats(current.loss));
      write('accuracy', this.#quality.textOf(current));
    }
    write('evaluations', count(evaluations));
    write('accepted', count(accepted));
    write('rejected', count(evaluations - accepted));
    write('rate', rateText(evaluationsPerSecond));
  }

  /** Shows the share of the search that is done, and returns the remaining time in words. */
  progress({ evaluations, totalEvaluations, seconds }: Live, budgetSeconds: number | undefined): string {
    const share =
      totalEvaluations !== undefined
        ? evaluations / totalEvaluations
        : budgetSeconds !== undefined
          ? Math.min(1, seconds / budgetSeconds)
          : 0;
    this.#progress.value = share;
    return share > 0 && share < 1 ? `, about ${duration((seconds * (1 - share)) / share)} left` : '';
  }
}

function rateText(perSecond: number): string {
  if (!(perSecond > 0)) return '–';
  return perSecond < 10 ? fixed(perSecond, 1) : count(perSecond);
}
