import { crowdingDistances } from './crowding.ts';
import { nondominatedSort, type Objectives } from './nondominated-sort.ts';

/**
 * Indices of the `count` points that survive in NSGA-II, the best first: front by front, and of each front those with the most distance to
 * their neighbours first. Equal ones in their order.
 */
export function survivors(points: readonly Objectives[], count: number): readonly number[] {
  const chosen: number[] = [];
  for (const front of nondominatedSort(points)) {
    if (chosen.length >= count) break;
    const distances = crowdingDistances(front.map((index) => points[index]!));
    const order = [...front.keys()].sort((a, b) => byDistance(distances[a]!, distances[b]!) || a - b);
    chosen.push(...order.map((place) => front[place]!));
  }
  return chosen.slice(0, count);
}

/** Infinite distances are equal. */
const byDistance = (a: number, b: number) => (a === b ? 0 : b - a);
