/**
 * How many candidates to ask for at once. A search that goes on from what it accepts can use those asked for together up
 * to the first accepted one; the rest is dropped. On parallel hardware that is still faster than one at a time.
 */
import { badOption } from '../core/options.ts';
import type { Progress } from './contract.ts';

/** True: as many as pay on the evaluator; false: one; or a fixed number. None of them changes a result. */
export type Speculation = boolean | number;

/** Share of the estimate that the last proposal makes up. */
const RECENCY = 1 / 32;

export class Speculator {
  readonly #speculation: Speculation;
  /** Running estimate of the share of proposals that are accepted. */
  #acceptance = 0.5;
  /** Whether the search is one that can use several: it was seen to propose, and not more at once than it was asked for. */
  #usesSeveral = false;

  constructor(speculation: Speculation) {
    if (typeof speculation === 'number' && !(Number.isSafeInteger(speculation) && speculation >= 1)) {
      throw badOption(
        'speculation',
        speculation,
        'true, false or a whole number of at least 1',
        'leave it out',
      );
    }
    this.#speculation = speculation;
  }

  /**
   * Candidates to ask for: as many as are rejected between two acceptances, of which about six in ten are of use then, and at
   * most as many as cost the evaluator about as much as one. It is asked for its batch width only where that makes a difference.
   */
  next(evaluator: { readonly batchWidth: number }): number {
    if (this.#speculation === false) return 1;
    if (typeof this.#speculation === 'number') return this.#speculation;
    if (!this.#usesSeveral) return 1;
    return Math.max(1, Math.min(Math.floor(evaluator.batchWidth), Math.round(1 / this.#acceptance)));
  }

  /** Learns from a round in which `asked` candidates were asked for and `given` came. */
  learn(before: Progress, after: Progress, asked: number, given: number): void {
    const proposals = after.proposals - before.proposals;
    if (proposals <= 0) return;
    // A population comes whole.
    this.#usesSeveral = given <= asked;
    const share = (after.accepted - before.accepted) / proposals;
    for (let i = 0; i < proposals; i++) this.#acceptance += (share - this.#acceptance) * RECENCY;
  }
}
