/** How the evaluations of exchanges are shared among the layers. */
import { totalOf } from '../../../core/math.ts';

/** Generations of a population, at least, in one layer: what mutants do better is joined in the next. */
const GENERATIONS = 3;

export class Visits {
  /** Children of a generation; undefined without a population. */
  readonly #children: number | undefined;
  #credits: readonly number[] = [];
  #count = 0;

  constructor(children?: number) {
    this.#children = children;
  }

  /** The number of the next visit of a layer. */
  next(): number {
    return this.#count++;
  }

  /**
   * Evaluations for each layer: as many as it has kept weights, relative to the others. A population needs some generations, so layers with fewer wait for
   * their turn.
   *
   * @param kept numbers of kept weights
   * @param count evaluations in all, not much exceeded
   */
  plan(kept: readonly number[], count: number): readonly number[] {
    const all = Math.max(totalOf(kept), 1);
    const shares = kept.map((own) => (own / all) * count);
    if (this.#children === undefined) return shares.map(Math.ceil);
    const credits = shares.map((share, i) => share + (this.#credits[i] ?? 0));
    const least = Math.min(GENERATIONS * this.#children, count);
    const first = credits.indexOf(Math.max(...credits));
    const plan = credits.map((credit, i) => {
      if (credit < least && i !== first) return 0;
      return Math.floor(Math.min(Math.max(credit, least), count));
    });
    this.#credits = credits.map((credit, i) => credit - plan[i]!);
    return plan;
  }
}
