/** Statistics of several times of the same work. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  /** The smallest sample that at least 95 % of the samples do not exceed. */
  readonly p95: number;
}

/** Throws a RangeError if there are no samples. */
export function summarize(samples: readonly number[]): Summary {
  if (samples.length === 0) throw new RangeError('there are no samples');
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return {
    median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2,
    min: sorted[0]!,
    p95: sorted[Math.ceil(0.95 * sorted.length) - 1]!,
  };
}
