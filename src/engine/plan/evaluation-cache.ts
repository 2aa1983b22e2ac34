import { masksEqual, type Masks } from '../../core/mask.ts';
import type { LossSum } from '../../kernels/softmax-cross-entropy.ts';

/** Evaluations in full of the last few candidates: a proposal often repeats the current masks. */
export class EvaluationCache {
  readonly #capacity: number;
  #recent: readonly { readonly masks: Masks; readonly sum: LossSum }[] = [];

  constructor(capacity = 4) {
    this.#capacity = capacity;
  }

  find(masks: Masks): LossSum | undefined {
    return this.#recent.find((known) => masks.every((mask, i) => masksEqual(mask, known.masks[i]!)))?.sum;
  }

  add(masks: Masks, sum: LossSum): void {
    if (this.find(masks)) return;
    this.#recent = [{ masks, sum }, ...this.#recent].slice(0, this.#capacity);
  }
}
