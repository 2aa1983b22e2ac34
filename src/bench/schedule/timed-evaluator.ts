import type {
  Candidate,
  CountingEvaluator,
  Evaluation,
  EvaluatorWork,
  PrunableLayer,
} from '../../search/contract.ts';

/** An evaluator that also measures how long it was busy. Closing it closes `inner`. */
export class TimedEvaluator implements CountingEvaluator {
  readonly #inner: CountingEvaluator;
  /** Number of calls in progress; they may overlap. */
  #calls = 0;
  #since = 0;
  #busyMs = 0;

  constructor(inner: CountingEvaluator) {
    this.#inner = inner;
  }

  get layers(): readonly PrunableLayer[] {
    return this.#inner.layers;
  }

  get depth(): number {
    return this.#inner.depth;
  }

  get images(): number {
    return this.#inner.images;
  }

  get batchWidth(): number {
    return this.#inner.batchWidth;
  }

  get macsPerImage(): number {
    return this.#inner.macsPerImage;
  }

  get work(): EvaluatorWork {
    return this.#inner.work;
  }

  /** Seconds during which at least one call of `evaluate` was in progress, without those that still are. */
  get busySeconds(): number {
    return this.#busyMs / 1000;
  }

  async evaluate(
    candidates: readonly Candidate[],
    options?: { signal?: AbortSignal },
  ): Promise<readonly Evaluation[]> {
    if (this.#calls++ === 0) this.#since = performance.now();
    try {
      return await this.#inner.evaluate(candidates, options);
    } finally {
      if (--this.#calls === 0) this.#busyMs += performance.now() - this.#since;
    }
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
