/** The best solutions of a search at every sparsity. */
import { badStored, listOf, type Codec } from '../../core/codec.ts';
import type { Problem, Solution } from '../contract.ts';
import { solutionCodec, type StoredSolution } from '../stored-solution.ts';

/** Steps of global sparsity: in each, the solution of the lowest loss is kept. */
const STEPS = 200;

/** Solutions by their step, in the order in which the steps were first reached. */
export type FrontSolutions = ReadonlyMap<number, Solution>;

/** `front` with a solution, unless one of the same step has a lower loss, or the same loss and is as sparse. */
export function withSolution(front: FrontSolutions, solution: Solution): FrontSolutions {
  const step = Math.floor(solution.sparsity.global * STEPS);
  const known = front.get(step);
  const isBetter =
    !known ||
    solution.loss < known.loss ||
    (solution.loss === known.loss && solution.sparsity.global > known.sparsity.global);
  return isBetter ? new Map(front).set(step, solution) : front;
}

/** The solutions for which no other one is sparser at a loss that is not higher, by rising sparsity. */
export function frontPoints(front: FrontSolutions): readonly Solution[] {
  const sparsestFirst = [...front.values()].sort((a, b) => b.sparsity.global - a.sparsity.global);
  const points: Solution[] = [];
  let lowest = Infinity;
  for (const solution of sparsestFirst) {
    if (solution.loss >= lowest) continue;
    lowest = solution.loss;
    points.unshift(solution);
  }
  return points;
}

export function frontCodec(problem: Problem): Codec<FrontSolutions, readonly StoredSolution[]> {
  const solutions = listOf(solutionCodec(problem), 1, STEPS + 1);
  return {
    encode: (front) => solutions.encode([...front.values()]),
    decode(stored, path) {
      const found = solutions.decode(stored, path);
      const front = found.reduce(withSolution, new Map<number, Solution>() as FrontSolutions);
      if (front.size === found.length) return front;
      throw badStored(path, stored, `a list of ${front.size}, one solution for each step of sparsity`);
    },
  };
}

/** A front that is added to as a search goes on. */
export class Front {
  #solutions: FrontSolutions = new Map();

  /** Adds a solution, unless one that is as sparse, within half a per cent, has a lower loss. */
  add(solution: Solution): void {
    this.#solutions = withSolution(this.#solutions, solution);
  }

  /** The solutions for which no other one is sparser at a loss that is not higher, by rising sparsity. */
  get points(): readonly Solution[] {
    return frontPoints(this.#solutions);
  }
}
