import { masksEqual, type Masks } from 'masksearch';
import type { Score } from './score.ts';

/** Scores of the last few candidates that were evaluated in full. */
export class RecentScores {
  readonly #capacity: number;
  /** The latest last. */
  readonly #entries: { readonly masks: Masks; readonly score: Score }[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Masks of the latest candidate. */
  get latest(): Masks | undefined {
    return this.#entries.at(-1)?.masks;
  }

  add(masks: Masks, score: Score): void {
    this.#entries.push({ masks, score });
    if (this.#entries.length > this.#capacity) this.#entries.shift();
  }

  find(masks: Masks): Score | undefined {
    return this.#entries.find((entry) => entry.masks.every((mask, i) => masksEqual(mask, masks[i]!)))?.score;
  }
}
