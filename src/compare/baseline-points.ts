/** The masks of baselines at the sparsities where they are compared. */
import { BASELINES, masksAt, zerosAt, type Baseline } from '../baselines/index.ts';
import { countPruned, sparsityOf, type Masks } from '../core/mask.ts';
import type { SearchRun } from '../pruning/search/contract.ts';
import type { BaselinePoint } from '../report/comparison/comparison.ts';
import { meanOf } from '../report/comparison/statistics.ts';
import type { BaselineName } from '../report/text/words.ts';
import type { BaselineOrders } from './baseline-orders.ts';
import { CURVE_TARGETS } from './task.ts';

/** A baseline at one sparsity. */
export interface PointMasks {
  readonly baseline: BaselineName;
  /** The global sparsity asked for. */
  readonly target: number;
  /** One; on a curve of `random`, one for each seed. */
  readonly masks: readonly Masks[];
}

/** What is evaluated of the baselines on one split. */
export interface SplitPoints {
  /** For each run, the baselines with as many zeros. */
  readonly matched: readonly (readonly PointMasks[])[];
  readonly curves: readonly PointMasks[];
}

/** All but the scores. */
export function pointOf({
  baseline,
  target,
  masks,
}: PointMasks): Pick<BaselinePoint, 'baseline' | 'target' | 'sparsity'> {
  const sparsities = masks.map(sparsityOf);
  return {
    baseline,
    target,
    sparsity: {
      meanLayer: meanOf(sparsities.map(({ meanLayer }) => meanLayer)),
      global: meanOf(sparsities.map(({ global }) => global)),
    },
  };
}

/** Each of some baselines with as many zeros as the runs, and at each of `CURVE_TARGETS`. */
export function orderPoints(
  runs: readonly SearchRun[],
  orders: BaselineOrders,
  baselines: readonly Baseline[] = BASELINES,
): SplitPoints {
  return {
    matched: runs.map(({ spec, result }) => {
      const { masks, sparsity } = result.best;
      return baselines.map((baseline) => ({
        baseline,
        target: sparsity.global,
        masks: [masksAt(orders.of(baseline, spec.parameters.seed), countPruned(masks))],
      }));
    }),
    curves: baselines.flatMap((baseline) =>
      CURVE_TARGETS.map((target) => ({
        baseline,
        target,
        masks: orders.all(baseline).map((order) => masksAt(order, zerosAt(order, target))),
      })),
    ),
  };
}
