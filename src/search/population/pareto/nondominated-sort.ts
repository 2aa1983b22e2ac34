/** Ranks of NSGA-II: Deb, Pratap, Agarwal, Meyarivan (2002), section III.A. */

/** Two objectives, both to be small. */
export type Objectives = readonly [number, number];

/** Whether `a` is no worse than `b` in both objectives, and better in one. */
export function dominates(a: Objectives, b: Objectives): boolean {
  return a[0] <= b[0] && a[1] <= b[1] && (a[0] < b[0] || a[1] < b[1]);
}

/**
 * Indices of `points` by front: the first has those that none dominates, the second those that only points of the first dominate, and so on.
 * Within a front they rise.
 */
export function nondominatedSort(points: readonly Objectives[]): readonly (readonly number[])[] {
  const dominated = points.map((a) => points.flatMap((b, j) => (dominates(a, b) ? [j] : [])));
  const dominators = points.map(() => 0);
  for (const index of dominated.flat()) dominators[index]!++;
  const fronts: number[][] = [];
  let front = [...points.keys()].filter((index) => dominators[index] === 0);
  while (front.length > 0) {
    fronts.push(front);
    const next: number[] = [];
    for (const index of front.flatMap((i) => dominated[i]!)) if (--dominators[index]! === 0) next.push(index);
    front = next.sort((a, b) => a - b);
  }
  return fronts;
}
