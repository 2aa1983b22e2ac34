/** Means, differences and their intervals over the runs of a quality comparison. */
import { BASELINE_NAMES, spreadOf, type BaselineName, type Spread } from './article.ts';
import { matchedScore, splitOf, type TunedComparison, type TunedRun } from './tuned.ts';
import { studentT } from './student-t.ts';

/** Of the intervals. */
export const CONFIDENCE = 0.95;

/** By how much the test accuracy of a run is below its unpruned network's, in percentage points. */
export function testDrop(comparison: TunedComparison, run: TunedRun): number {
  return 100 * (splitOf(comparison, run).unpruned.accuracy - run.test.accuracy);
}

export interface TunedSummary {
  /** Global, a fraction. */
  readonly sparsity: Spread;
  /** In percentage points. */
  readonly drop: Spread;
}

/** Mean and sample standard deviation over all runs. */
export function tunedSummary(comparison: TunedComparison): TunedSummary {
  return {
    sparsity: spreadOf(comparison.runs.map(({ final }) => final.sparsity.global)),
    drop: spreadOf(comparison.runs.map((run) => testDrop(comparison, run))),
  };
}

/** What an interval counts as one independent value: the mean of a split, or a run. */
export type IntervalBasis = 'splits' | 'seeds';

/** Found minus baseline at the same number of zeros, in percentage points of test accuracy. */
export interface PairedDifference {
  readonly baseline: BaselineName;
  readonly mean: number;
  /** In which the mean lies with `CONFIDENCE`; undefined for a single value, which has none. */
  readonly interval: Interval | undefined;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Runs of one split share network and images: with several splits, their means are what is independent. */
export function intervalBasis({ splits }: Pick<TunedComparison, 'splits'>): IntervalBasis {
  return splits.length > 1 ? 'splits' : 'seeds';
}

/** One for each baseline. */
export function pairedDifferences(comparison: TunedComparison): readonly PairedDifference[] {
  const { splits, runs } = comparison;
  return BASELINE_NAMES.map((baseline) => {
    const differenceOf = (run: TunedRun) => 100 * (run.test.accuracy - matchedScore(run, baseline).accuracy);
    const values =
      intervalBasis(comparison) === 'seeds'
        ? runs.map(differenceOf)
        : splits.map(({ splitSeed }) => {
            const ofSplit = runs.filter((run) => run.splitSeed === splitSeed);
            return spreadOf(ofSplit.map(differenceOf)).mean;
          });
    return { baseline, mean: spreadOf(values).mean, interval: meanInterval(values) };
  });
}

/** In which the mean of what `values` are a sample of lies with `CONFIDENCE`, by Student's t; undefined for fewer than two. */
export function meanInterval(values: readonly number[]): Interval | undefined {
  if (values.length < 2) return undefined;
  const { mean, deviation } = spreadOf(values);
  const reach = (studentT(values.length - 1, CONFIDENCE) * deviation) / Math.sqrt(values.length);
  return { low: mean - reach, high: mean + reach };
}
