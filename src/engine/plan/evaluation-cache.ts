import type { LossSum } from '../../kernels/loss-sum.ts';
import { statesEqual, type NetworkState } from './network-state.ts';

/** Sums of the last few candidates that were evaluated over all images: a proposal often repeats the current masks. */
export class EvaluationCache {
  readonly #capacity: number;
  /** Newest first. */
  #recent: readonly { readonly state: NetworkState; readonly sum: LossSum }[] = [];

  constructor(capacity = 4) {
    this.#capacity = capacity;
  }

  /** The sum of masks with equal bits and the same parameters; undefined if there are none. */
  find(state: NetworkState): LossSum | undefined {
    return this.#recent.find((known) => statesEqual(state, known.state))?.sum;
  }

  /** Adds a sum over all images, in place of the oldest if the cache is full. */
  add(state: NetworkState, sum: LossSum): void {
    if (this.find(state)) return;
    this.#recent = [{ state, sum }, ...this.#recent].slice(0, this.#capacity);
  }
}
