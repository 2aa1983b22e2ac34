/** Crowding distance of NSGA-II: Deb, Pratap, Agarwal, Meyarivan (2002), section III.B. */
import type { Objectives } from './nondominated-sort.ts';

/**
 * For each point of a front, the sum over both objectives of the distance between its neighbours, as a share of the front's extent; Infinity
 * for the points at the ends.
 */
export function crowdingDistances(front: readonly Objectives[]): readonly number[] {
  const distances = front.map(() => 0);
  for (const objective of [0, 1] as const) {
    const order = [...front.keys()].sort((a, b) => front[a]![objective] - front[b]![objective] || a - b);
    const [first, last] = [order[0]!, order.at(-1)!];
    const extent = front[last]![objective] - front[first]![objective];
    distances[first] = distances[last] = Infinity;
    for (let i = 1; i < order.length - 1 && extent > 0; i++) {
      const between = front[order[i + 1]!]![objective] - front[order[i - 1]!]![objective];
      distances[order[i]!]! += between / extent;
    }
  }
  return distances;
}
