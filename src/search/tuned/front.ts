/** The best states of a search at every sparsity. */
import type { Problem, Solution } from '../contract.ts';
import { restoreSolution, storeSolution, type StoredSolution } from '../snapshot.ts';

/** Steps of global sparsity that are told apart: in each, the state with the lowest loss is kept. */
const STEPS = 200;

export class Front {
  readonly #best = new Map<number, Solution>();

  /** Remembers a state if none as sparse, within a step, has a lower loss. */
  add(state: Solution): void {
    const step = Math.floor(state.sparsity.global * STEPS);
    const known = this.#best.get(step);
    const better =
      !known ||
      state.loss < known.loss ||
      (state.loss === known.loss && state.sparsity.global > known.sparsity.global);
    if (better) this.#best.set(step, state);
  }

  /** The states of which none is both sparser and of lower loss, by rising sparsity. */
  get points(): readonly Solution[] {
    const falling = [...this.#best.values()].sort((a, b) => b.sparsity.global - a.sparsity.global);
    const points: Solution[] = [];
    let lowest = Infinity;
    for (const state of falling) {
      if (state.loss >= lowest) continue;
      lowest = state.loss;
      points.unshift(state);
    }
    return points;
  }

  store(): readonly StoredSolution[] {
    return [...this.#best.values()].map((state) => storeSolution(state)!);
  }

  restore(stored: readonly StoredSolution[], problem: Problem): void {
    for (const state of stored) this.add(restoreSolution(state, problem)!);
  }
}
