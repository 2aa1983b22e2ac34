/** The messages about a search while it runs. */
import {
  Front,
  type Masks,
  type Progress,
  type SearchSpec,
  type SearchView,
  type Solution,
} from 'masksearch/browser';
import type { Event, Sample } from '../src/protocol.ts';

/** Milliseconds between two messages, and between two samples. */
const MESSAGE_INTERVAL = 100;
const SAMPLE_INTERVAL = 10;

/** Seconds over which the rate is averaged. */
const RATE_WINDOW = 2;

export class LiveView {
  readonly #search: SearchView;
  readonly #total: number | undefined;
  readonly #send: (event: Event, transfer?: Transferable[]) => void;
  /** The front of a search that does not keep one itself. */
  readonly #front = new Front();
  #samples: Sample[] = [];
  #lastSample = 0;
  #lastMessage = 0;
  #shown: Masks | undefined;
  #ended = false;
  #seconds = 0;
  /** Evaluations and seconds of the last messages within the window. */
  #recent: { readonly evaluations: number; readonly seconds: number }[] = [];

  constructor(search: SearchView, spec: SearchSpec, send: (event: Event, transfer?: Transferable[]) => void) {
    this.#search = search;
    this.#send = send;
    const open = spec.preset === 'tuned' && !Number.isFinite(spec.parameters.evaluations);
    this.#total = open ? undefined : search.progress.totalProposals;
  }

  /** The current one or, once the search has ended, the final one. */
  get state(): Solution | undefined {
    return this.#ended ? this.#search.best : this.#search.progress.current;
  }

  update(progress: Progress, seconds: number): void {
    const now = performance.now();
    this.#seconds = seconds;
    if (progress.current && !this.#search.front) this.#front.add(progress.current);
    if (now - this.#lastSample >= SAMPLE_INTERVAL) this.#sample(progress, now);
    if (now - this.#lastMessage >= MESSAGE_INTERVAL) this.#message(progress, now);
  }

  /** Sends the current state. */
  flush(): void {
    const { progress } = this.#search;
    const now = performance.now();
    this.#sample(progress, now);
    this.#message(progress, now);
  }

  end(): void {
    this.#ended = true;
    this.flush();
  }

  #sample({ proposals, current }: Progress, now: number): void {
    this.#lastSample = now;
    if (!current || this.#samples.at(-1)?.evaluations === proposals) return;
    const { loss, accuracy = NaN, sparsity } = current;
    const { global: globalSparsity, meanLayer: meanLayerSparsity } = sparsity;
    this.#samples.push({ evaluations: proposals, loss, accuracy, globalSparsity, meanLayerSparsity });
  }

  #message(progress: Progress, now: number): void {
    this.#lastMessage = now;
    const { layer, proposals, accepted } = progress;
    const masks = this.state?.masks;
    const changed = masks && masks !== this.#shown ? masks.map(({ words }) => words.slice()) : undefined;
    this.#shown = masks;
    const search = this.#search;
    const { front = this.#front.points, validationPoints = [] } = search;
    this.#send(
      {
        type: 'live',
        live: {
          layer,
          evaluations: proposals,
          totalEvaluations: this.#total,
          accepted,
          seconds: this.#seconds,
          evaluationsPerSecond: this.#rate(proposals),
          samples: this.#samples,
          masks: changed,
          front: front.map(({ sparsity, loss }) => ({ sparsity: sparsity.global, loss })),
          validationPoints: validationPoints.map(({ evaluations, validation }) => ({
            evaluations,
            loss: validation.loss,
          })),
        },
      },
      changed?.map(({ buffer }) => buffer),
    );
    this.#samples = [];
  }

  #rate(evaluations: number): number {
    const seconds = this.#seconds;
    this.#recent.push({ evaluations, seconds });
    while (this.#recent.length > 2 && seconds - this.#recent[0]!.seconds > RATE_WINDOW) this.#recent.shift();
    const first = this.#recent[0]!;
    return seconds > first.seconds ? (evaluations - first.evaluations) / (seconds - first.seconds) : 0;
  }
}
