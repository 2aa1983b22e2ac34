/** Means of figures over runs or splits, with how far they vary. */
import { studentT } from './student-t.ts';

/** A mean with the sample standard deviation; that of one value is 0. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** Throws for no values. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('there is no mean of no values');
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

/** Throws for no values. */
export function meanOf(values: readonly number[]): number {
  return spreadOf(values).mean;
}

/** Probability that an interval contains the mean that its values are a sample of. */
export const CONFIDENCE = 0.95;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Confidence interval, by Student's t, of the mean that `values` are a sample of; undefined for fewer than two values. */
export function meanInterval(values: readonly number[]): Interval | undefined {
  if (values.length < 2) return undefined;
  const { mean, deviation } = spreadOf(values);
  const reach = (studentT(values.length - 1, CONFIDENCE) * deviation) / Math.sqrt(values.length);
  return { low: mean - reach, high: mean + reach };
}
