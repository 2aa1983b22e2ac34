/** How much sparser the next round makes a network. */

/** Share of the kept weights that stays in the first round, and in later ones. */
const FIRST_SHARE = 0.4;
const LATER_SHARE = 0.65;
/** A round that goes too far is tried again with the square root of its share, unless that is more than this. */
const LARGEST_SHARE = 0.96;

export class RoundSchedule {
  #share = FIRST_SHARE;
  #hasFailed = false;

  /** Pruned weights after the next round; never more than `most`. */
  next(weights: number, zeros: number, most: number | undefined): number {
    const kept = Math.max(1, Math.round((weights - zeros) * this.#share));
    return Math.min(weights - kept, most ?? Infinity);
  }

  /** The last round met the goal. */
  succeeded(): void {
    if (!this.#hasFailed) this.#share = LATER_SHARE;
  }

  /** The last round went too far; returns whether a smaller step is worth a try. */
  failed(): boolean {
    this.#hasFailed = true;
    this.#share = Math.sqrt(this.#share);
    return this.#share <= LARGEST_SHARE;
  }
}
