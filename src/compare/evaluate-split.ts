/** Evaluates everything that is compared on one split: results, fronts and baselines. */
import { BASELINES, masksAt, zerosAt, type Baseline } from '../baselines/index.ts';
import { countPruned, fullMasks, sparsityOf, type Masks } from '../core/mask.ts';
import { problemOf } from '../network/problem.ts';
import type { SearchRun } from '../pruning/search/run-search.ts';
import type { BaselinePoint } from '../report/comparison/comparison.ts';
import { meanOf } from '../report/comparison/statistics.ts';
import type { EvaluatorWork, Solution } from '../search/contract.ts';
import type { BaselineOrders } from './baseline-orders.ts';
import type { MaskGroup } from './evaluate-groups.ts';
import { CURVE_TARGETS, type SubjectSplit } from './task.ts';

/** A run, and the states of its front to evaluate. */
export interface RunToEvaluate {
  readonly run: SearchRun;
  readonly front: readonly Solution[];
}

/** Evaluates groups of masks on the images of a preset; `Scores` is by kind of images. */
export type EvaluateOn<Scores> = (
  groups: readonly MaskGroup[],
) => Promise<{ readonly scores: readonly Scores[]; readonly work: EvaluatorWork }>;

/** A baseline at one sparsity with its scores. */
type Evaluated<Scores> = Omit<BaselinePoint, 'tuning' | 'test'> & Scores;

export interface EvaluatedSplit<Scores> {
  readonly unpruned: Scores;
  /** In the order of the runs given. */
  readonly runs: readonly {
    readonly best: Scores;
    readonly front: readonly Scores[];
    readonly matched: readonly Evaluated<Scores>[];
  }[];
  readonly curves: readonly Evaluated<Scores>[];
  readonly work: EvaluatorWork;
}

/** Evaluates all masks of a split in one go. */
export async function evaluateSplit<Scores>(
  { model }: SubjectSplit,
  runs: readonly RunToEvaluate[],
  orders: BaselineOrders,
  evaluate: EvaluateOn<Scores>,
): Promise<EvaluatedSplit<Scores>> {
  const matched = runs.map(({ run }) => matchedPoints(run, orders));
  const curves = curvePoints(orders);
  const { scores, work } = await evaluate([
    [fullMasks(problemOf(model.network).layers)],
    ...runs.map(({ run }) => [run.result.best.masks]),
    ...runs.flatMap(({ front }) => front.map((state) => [state.masks])),
    ...matched.flat().map((point) => point.masks),
    ...curves.map((point) => point.masks),
  ]);
  // In the order in which the groups were put together.
  const remaining = scores.values();
  const next = () => remaining.next().value!;
  const evaluated = ({ baseline, target, masks }: PointMasks) => {
    const sparsities = masks.map(sparsityOf);
    return {
      baseline,
      target,
      sparsity: {
        meanLayer: meanOf(sparsities.map(({ meanLayer }) => meanLayer)),
        global: meanOf(sparsities.map(({ global }) => global)),
      },
      ...next(),
    };
  };
  const unpruned = next();
  const best = runs.map(next);
  const fronts = runs.map(({ front }) => front.map(next));
  const matchedScores = matched.map((points) => points.map(evaluated));
  return {
    unpruned,
    runs: runs.map((_, i) => ({ best: best[i]!, front: fronts[i]!, matched: matchedScores[i]! })),
    curves: curves.map(evaluated),
    work,
  };
}

interface PointMasks {
  readonly baseline: Baseline;
  /** The global sparsity asked for. */
  readonly target: number;
  /** One; on a curve of `random`, one for each seed. */
  readonly masks: readonly Masks[];
}

/** Each baseline with as many zeros as the result of a run. */
function matchedPoints({ spec, result }: SearchRun, orders: BaselineOrders): readonly PointMasks[] {
  const { masks, sparsity } = result.best;
  return BASELINES.map((baseline) => ({
    baseline,
    target: sparsity.global,
    masks: [masksAt(orders.of(baseline, spec.parameters.seed), countPruned(masks))],
  }));
}

/** Each baseline at each of `CURVE_TARGETS`. */
function curvePoints(orders: BaselineOrders): readonly PointMasks[] {
  return BASELINES.flatMap((baseline) =>
    CURVE_TARGETS.map((target) => ({
      baseline,
      target,
      masks: orders.all(baseline).map((order) => masksAt(order, zerosAt(order, target))),
    })),
  );
}
