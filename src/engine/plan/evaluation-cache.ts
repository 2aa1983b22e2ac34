import { masksEqual, type Masks } from '../../core/mask.ts';
import type { LossSum } from '../../kernels/loss-sum.ts';

/** Sums of the last few candidates that were evaluated over all images: a proposal often repeats the current masks. */
export class EvaluationCache {
  readonly #capacity: number;
  /** Newest first. */
  #recent: readonly { readonly masks: Masks; readonly sum: LossSum }[] = [];

  constructor(capacity = 4) {
    this.#capacity = capacity;
  }

  /** The sum of masks with equal bits; undefined if there are none. */
  find(masks: Masks): LossSum | undefined {
    return this.#recent.find((known) => masks.every((mask, i) => masksEqual(mask, known.masks[i]!)))?.sum;
  }

  /** Adds a sum over all images, in place of the oldest if the cache is full. */
  add(masks: Masks, sum: LossSum): void {
    if (this.find(masks)) return;
    this.#recent = [{ masks, sum }, ...this.#recent].slice(0, this.#capacity);
  }
}
