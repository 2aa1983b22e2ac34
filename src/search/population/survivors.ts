/** Who of a generation and its parents goes on. */
import { sparsityOf, type Masks } from '../../core/mask.ts';
import type { Score, Solution } from '../contract.ts';
import type { Objective } from '../tuned/objective.ts';
import { survivors } from './pareto/survivors.ts';

/** Prices solutions: what a weight may cost changes as the search goes on, and with it the cost of what was evaluated before. */
export class Pricing {
  readonly #objective: Objective;
  readonly #lossPerWeight: number;

  constructor(objective: Objective, lossPerWeight: number) {
    this.#objective = objective;
    this.#lossPerWeight = lossPerWeight;
  }

  solution(masks: Masks, { loss, accuracy }: Score): Solution {
    const sparsity = sparsityOf(masks);
    return { masks, loss, accuracy, sparsity, cost: this.costOf({ loss, sparsity }) };
  }

  costOf({ loss, sparsity }: Pick<Solution, 'loss' | 'sparsity'>): number {
    return this.#objective({ loss, sparsity, lossPerWeight: this.#lossPerWeight });
  }

  priced(solution: Solution): Solution {
    return { ...solution, cost: this.costOf(solution) };
  }
}

/** The `count` solutions of the lowest cost, the cheapest first; of equal ones those that come first in `pool`. */
export function cheapest(pool: readonly Solution[], count: number): readonly Solution[] {
  return [...pool.entries()]
    .sort(([i, a], [j, b]) => a.cost - b.cost || i - j)
    .slice(0, count)
    .map(([, solution]) => solution);
}

/** The `count` solutions that survive in NSGA-II, over loss and share of kept weights, the best first. */
export function nondominated(pool: readonly Solution[], count: number): readonly Solution[] {
  const points = pool.map(({ loss, sparsity }) => [loss, 1 - sparsity.global] as const);
  return survivors(points, count).map((index) => pool[index]!);
}
