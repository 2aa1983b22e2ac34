/** How many evaluations the search needs to be as good as the best baseline. */
import { repairOf, type BaselineName } from '../../text/words.ts';
import type { TunedComparison, TunedRun, TunedSplit } from '../comparison.ts';
import { curveBaselines, splitOf } from '../figures.ts';
import { meanOf } from '../statistics.ts';

/** Drops of the accuracy at which search and baselines are compared, in percentage points. */
export const DROPS = [0.5, 1, 2, 5] as const;

/** Tolerance of rounding errors, so that a drop of exactly the allowed size is allowed; far less than one image. */
const ROUNDING = 1e-9;

/** A baseline at the highest sparsity with an allowed drop on the test images. */
export interface BaselineReach {
  readonly baseline: BaselineName;
  /** Global, a fraction. */
  readonly sparsity: number;
}

/** What baselines do with the weights that stay. */
export const WEIGHTS = ['frozen', 'repaired'] as const;
export type Weights = (typeof WEIGHTS)[number];

const weightsOf = (baseline: BaselineName): Weights =>
  repairOf(baseline) === 'frozen' ? 'frozen' : 'repaired';

/** Of `names`, the baseline that reaches the highest sparsity with a drop of at most `drop` percentage points of test accuracy. */
export function bestBaseline(
  { unpruned, curves }: TunedSplit,
  names: readonly BaselineName[],
  drop: number,
): BaselineReach {
  const reaches = names.map((baseline) => {
    const curve = curves
      .filter((point) => point.baseline === baseline)
      .map(({ sparsity, test }) => ({ sparsity: sparsity.global, accuracy: test.accuracy }));
    return { baseline, sparsity: sparsityAtDrop(curve, unpruned.test.accuracy, drop) };
  });
  return reaches.reduce((best, reach) => (reach.sparsity > best.sparsity ? reach : best));
}

/**
 * The highest sparsity at which a curve has a drop of at most `drop` percentage points. The curve is linear between its
 * points, by rising sparsity, and starts at the unpruned network with sparsity 0; if it never drops more, it reaches the
 * sparsity of its last point. Sparsities and accuracies are fractions.
 */
export function sparsityAtDrop(
  curve: readonly { readonly sparsity: number; readonly accuracy: number }[],
  unpruned: number,
  drop: number,
): number {
  const points = [
    { sparsity: 0, lost: 0 },
    ...curve.map(({ sparsity, accuracy }) => ({ sparsity, lost: 100 * (unpruned - accuracy) })),
  ];
  const last = points.findLastIndex(({ lost }) => lost <= drop + ROUNDING);
  const [from, to] = [points[last]!, points[last + 1]];
  if (!to) return from.sparsity;
  const share = Math.max(0, drop - from.lost) / (to.lost - from.lost);
  return from.sparsity + share * (to.sparsity - from.sparsity);
}

/**
 * The number of evaluations after which a run was first seen to have a state of at least this sparsity, with a drop of at
 * most `drop` percentage points on the validation images; undefined if it never was. `unpruned` is the unpruned accuracy on
 * the validation images; it and `sparsity` are fractions.
 */
export function evaluationsUntil(
  { validationPoints }: Pick<TunedRun, 'validationPoints'>,
  unpruned: number,
  sparsity: number,
  drop: number,
): number | undefined {
  return validationPoints.find(
    (point) => point.sparsity >= sparsity && 100 * (unpruned - point.validation.accuracy) <= drop + ROUNDING,
  )?.evaluations;
}

/** How the runs compare with the best baselines of one kind at one drop. */
export interface Reach {
  /** Of the baselines. */
  readonly weights: Weights;
  /** In percentage points. */
  readonly drop: number;
  /** Sparsity of the best baseline, a fraction: mean over the splits. */
  readonly sparsity: number;
  /** The best baselines of the splits, each once. */
  readonly baselines: readonly BaselineName[];
  /** Mean over the runs that reached it; undefined if none did. */
  readonly evaluations: number | undefined;
  /** Number of runs that did not. */
  readonly missed: number;
  /** Number of all runs. */
  readonly runs: number;
}

/** One for each of `DROPS` and each of `WEIGHTS` that there are baselines with. */
export function evaluationsToReach(comparison: TunedComparison): readonly Reach[] {
  return WEIGHTS.flatMap((weights) => reachOf(comparison, weights));
}

function reachOf(comparison: TunedComparison, weights: Weights): readonly Reach[] {
  const { splits, runs } = comparison;
  const names = curveBaselines(comparison).filter((name) => weightsOf(name) === weights);
  if (names.length === 0) return [];
  return DROPS.map((drop) => {
    const best = splits.map((split) => bestBaseline(split, names, drop));
    const needed = runs.flatMap((run) => {
      const split = splitOf(comparison, run);
      const { sparsity } = best[splits.indexOf(split)]!;
      return evaluationsUntil(run, split.unpruned.validation.accuracy, sparsity, drop) ?? [];
    });
    return {
      weights,
      drop,
      sparsity: meanOf(best.map(({ sparsity }) => sparsity)),
      baselines: [...new Set(best.map(({ baseline }) => baseline))],
      evaluations: needed.length > 0 ? meanOf(needed) : undefined,
      missed: runs.length - needed.length,
      runs: runs.length,
    };
  });
}
