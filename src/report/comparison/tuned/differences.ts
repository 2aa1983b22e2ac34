/** How the runs of a tuned comparison differ from unpruned networks and baselines on the test images. */
import type { BaselineName } from '../../text/words.ts';
import type { TunedComparison, TunedRun } from '../comparison.ts';
import { matchedBaselines, matchedPoint, splitOf } from '../figures.ts';
import { meanInterval, meanOf, spreadOf, type Interval, type Spread } from '../statistics.ts';

/** Unpruned test accuracy minus that of a run, in percentage points. */
export function testDrop(comparison: TunedComparison, run: TunedRun): number {
  return 100 * (splitOf(comparison, run).unpruned.test.accuracy - run.test.accuracy);
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

/** What an interval takes as independent values: the means of the splits, or the runs of a single one. */
export type IntervalBasis = 'splits' | 'seeds';

/** Runs on one split share network and images: with several splits, only their means are independent. */
export function intervalBasis({ splits }: Pick<TunedComparison, 'splits'>): IntervalBasis {
  return splits.length > 1 ? 'splits' : 'seeds';
}

/** Test accuracy of the search minus that of a baseline with as many zeros, in percentage points. */
export interface PairedDifference {
  readonly baseline: BaselineName;
  readonly mean: number;
  /** Confidence interval of the mean; undefined for a single value. */
  readonly interval: Interval | undefined;
}

/** One for each baseline. */
export function pairedDifferences(comparison: TunedComparison): readonly PairedDifference[] {
  const { splits, runs } = comparison;
  return matchedBaselines(comparison).map((baseline) => {
    const differenceOf = (run: TunedRun) =>
      100 * (run.test.accuracy - matchedPoint(run, baseline).test.accuracy);
    const values =
      intervalBasis(comparison) === 'seeds'
        ? runs.map(differenceOf)
        : splits.map(({ splitSeed }) =>
            meanOf(runs.filter((run) => run.splitSeed === splitSeed).map(differenceOf)),
          );
    return { baseline, mean: meanOf(values), interval: meanInterval(values) };
  });
}
