/** Levels of every factor by name. */
export type Factors<T> = { readonly [K in keyof T]: readonly T[K][] };

/**
 * A small set of combinations in which every two levels of different factors occur together at least once. Greedy, so not
 * the smallest set, but always the same.
 */
export function pairwise<T extends Record<string, unknown>>(factors: Factors<T>): readonly T[] {
  const names = Object.keys(factors);
  const sizes = names.map((name) => factors[name]!.length);
  const open = new Set<string>();
  const key = (a: number, i: number, b: number, j: number) => `${a}=${i} ${b}=${j}`;
  for (let a = 0; a < names.length; a++) {
    for (let b = a + 1; b < names.length; b++) {
      for (let i = 0; i < sizes[a]!; i++) for (let j = 0; j < sizes[b]!; j++) open.add(key(a, i, b, j));
    }
  }
  const rows: T[] = [];
  while (open.size > 0) {
    // Starts from a missing pair, and gives every other factor the level that covers most of the missing pairs.
    const [a, i, b, j] = [...open][0]!.split(/[= ]/).map(Number);
    const row: (number | undefined)[] = names.map((_, n) => (n === a ? i : n === b ? j : undefined));
    const closes = (n: number, level: number) =>
      row.filter((other, m) => {
        if (other === undefined || m === n) return false;
        return open.has(m < n ? key(m, other, n, level) : key(n, level, m, other));
      }).length;
    names.forEach((_, n) => {
      if (row[n] !== undefined) return;
      let best = 0;
      for (let level = 1; level < sizes[n]!; level++) if (closes(n, level) > closes(n, best)) best = level;
      row[n] = best;
    });
    for (let m = 0; m < names.length; m++) {
      for (let n = m + 1; n < names.length; n++) open.delete(key(m, row[m]!, n, row[n]!));
    }
    rows.push(Object.fromEntries(names.map((name, n) => [name, factors[name]![row[n]!]])) as T);
  }
  return rows;
}
