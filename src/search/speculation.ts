/**
 * How many candidates to ask for at once. Annealing can use the proposals of one question up to the first that is accepted;
 * the others start from a solution that is no longer current. On parallel hardware that is still faster than one at a time.
 */
import { badOption } from '../core/options.ts';
import type { Progress } from './contract.ts';

/** Candidates to ask for: true for as many as are faster on the evaluator, false for one. It never changes a result. */
export type Speculation = boolean | number;

/** Weight of the last proposal in the running estimate. */
const RECENCY = 1 / 32;

export class Speculator {
  readonly #speculation: Speculation;
  /** Running estimate of the share of proposals that are accepted. */
  #acceptance = 0.5;
  /** Whether the search speculates: it has proposed something, and no more at once than it was asked for. */
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
   * Candidates to ask for: as many as are usually rejected before one is accepted, so that about six in ten are used, but at
   * most the batch width, up to which several take about as long as one. The evaluator may measure that, so it is read only
   * where it makes a difference.
   */
  next(evaluator: { readonly batchWidth: number }): number {
    if (this.#speculation === false) return 1;
    if (typeof this.#speculation === 'number') return this.#speculation;
    if (!this.#usesSeveral) return 1;
    return Math.max(1, Math.min(Math.floor(evaluator.batchWidth), Math.round(1 / this.#acceptance)));
  }

  /** Takes in a round in which `asked` candidates were asked for and the search gave `given`. */
  learn(before: Progress, after: Progress, asked: number, given: number): void {
    const proposals = after.proposals - before.proposals;
    if (proposals <= 0) return;
    // A generation comes whole, whatever the limit.
    this.#usesSeveral = given <= asked;
    const share = (after.accepted - before.accepted) / proposals;
    for (let i = 0; i < proposals; i++) this.#acceptance += (share - this.#acceptance) * RECENCY;
  }
}
