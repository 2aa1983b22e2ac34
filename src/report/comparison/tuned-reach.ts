/** How many evaluations the search needs to be as good as the best mask that needs no search. */
import { BASELINE_NAMES, spreadOf, type BaselineName } from './article.ts';
import { splitOf, type TunedComparison, type TunedPoint, type TunedRun, type TunedSplit } from './tuned.ts';

/** Drops of the accuracy at which the search is held against the baselines, in percentage points. */
export const DROPS = [0.5, 1, 2, 5] as const;

/** An image more or fewer is far above it, and rounding below: a drop of exactly so many points is allowed. */
const ROUNDING = 1e-9;

/** The sparsest that needs no search, within a drop on the test images. */
export interface BaselineReach {
  readonly baseline: BaselineName;
  /** Global, a fraction. */
  readonly sparsity: number;
}

/** The baseline that is sparsest where it loses at most `drop` percentage points of test accuracy. */
export function bestBaseline({ unpruned, curves }: TunedSplit, drop: number): BaselineReach {
  const reaches = BASELINE_NAMES.map((baseline) => {
    const curve = curves.filter((point) => point.baseline === baseline);
    return { baseline, sparsity: sparsityAtDrop(curve, unpruned.accuracy, drop) };
  });
  return reaches.reduce((best, reach) => (reach.sparsity > best.sparsity ? reach : best));
}

/**
 * The highest global sparsity at which a curve, linear between its points and with the unpruned network at 0, still loses at
 * most `drop` percentage points; that of its last point if it never loses more beyond. `curve` is by rising sparsity,
 * `unpruned` an accuracy as a fraction.
 */
export function sparsityAtDrop(
  curve: readonly Pick<TunedPoint, 'sparsity' | 'test'>[],
  unpruned: number,
  drop: number,
): number {
  const points = [
    { sparsity: 0, lost: 0 },
    ...curve.map(({ sparsity, test }) => ({ sparsity, lost: 100 * (unpruned - test.accuracy) })),
  ];
  const last = points.findLastIndex(({ lost }) => lost <= drop + ROUNDING);
  const [from, to] = [points[last]!, points[last + 1]];
  if (!to) return from.sparsity;
  const share = Math.max(0, drop - from.lost) / (to.lost - from.lost);
  return from.sparsity + share * (to.sparsity - from.sparsity);
}

/**
 * The number of evaluations after which a search first had a state, looked at on its validation images, that is at least as
 * sparse as `sparsity` and loses at most `drop` percentage points there; undefined if it never had.
 */
export function evaluationsUntil(
  { validationPoints, validation }: Pick<TunedRun, 'validationPoints' | 'validation'>,
  sparsity: number,
  drop: number,
): number | undefined {
  return validationPoints.find(
    (check) =>
      check.sparsity >= sparsity &&
      100 * (validation.unpruned.accuracy - check.validation.accuracy) <= drop + ROUNDING,
  )?.evaluations;
}

/** Of all runs, for one drop. */
export interface Reach {
  /** In percentage points. */
  readonly drop: number;
  /** Sparsity to reach, a fraction: mean over the splits. */
  readonly sparsity: number;
  /** The baselines that reach it, each once, in the order of the splits. */
  readonly baselines: readonly BaselineName[];
  /** Mean over the runs that reached it; undefined if none did. */
  readonly evaluations: number | undefined;
  /** Numbers of runs that did not, and of all. */
  readonly missed: number;
  readonly runs: number;
}

/** One for each of `DROPS`. */
export function evaluationsToReach(comparison: TunedComparison): readonly Reach[] {
  const { splits, runs } = comparison;
  return DROPS.map((drop) => {
    const best = splits.map((split) => bestBaseline(split, drop));
    const needed = runs.flatMap((run) => {
      const { sparsity } = best[splits.indexOf(splitOf(comparison, run))]!;
      return evaluationsUntil(run, sparsity, drop) ?? [];
    });
    return {
      drop,
      sparsity: spreadOf(best.map(({ sparsity }) => sparsity)).mean,
      baselines: [...new Set(best.map(({ baseline }) => baseline))],
      evaluations: needed.length > 0 ? spreadOf(needed).mean : undefined,
      missed: runs.length - needed.length,
      runs: runs.length,
    };
  });
}
