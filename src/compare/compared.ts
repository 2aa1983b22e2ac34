/** The parts of a comparison that both presets have. */
import { countKept, countPruned, fullMasks } from '../core/mask.ts';
import { VERSION } from '../core/version.ts';
import type { Engine } from '../engine/backend.ts';
import { problemOf } from '../network/problem.ts';
import { reportedParameters } from '../pruning/files/reported-parameters.ts';
import { imageCounts, plainImages } from '../pruning/search/plain-images.ts';
import type { SearchRun } from '../pruning/search/contract.ts';
import type {
  BaselinePoint,
  ComparedRun,
  ComparedScore,
  ComparisonBase,
} from '../report/comparison/comparison.ts';
import { tradeOffScore } from '../report/run/result.ts';
import type { EvaluatorWork } from '../search/contract.ts';
import { totalWork } from '../search/validation.ts';
import { accurate } from './accuracy.ts';
import { seedsOf, type ComparisonTask, type SubjectSplit } from './task.ts';

/** All but splits and runs. `started` is by `performance.now`. */
export function comparisonBase(
  engine: Engine,
  task: ComparisonTask,
  works: readonly EvaluatorWork[],
  started: number,
): Omit<ComparisonBase, 'splits' | 'runs'> {
  const { kind, vendor, architecture, description } = engine.device;
  const [{ model }] = task.splits as readonly [SubjectSplit];
  const { layers } = problemOf(model.network);
  const weights = fullMasks(layers).map((mask) => mask.length);
  return {
    device: { kind, vendor, architecture, description },
    split: task.split,
    heldOut: task.splits.every(({ test }) => test !== undefined),
    layers: layers.map(({ name, position, shape }, i) => ({ name, position, shape, weights: weights[i]! })),
    seeds: seedsOf(task),
    evaluationWork: totalWork(works),
    seconds: (performance.now() - started) / 1000,
    version: VERSION,
  };
}

/** How a run was evaluated, and what it is compared with. */
export interface RunEvaluation<Point extends BaselinePoint> {
  readonly test: ComparedScore | undefined;
  /** The unpruned network on the test images if they were held out, else on the tuning images. */
  readonly unpruned: ComparedScore;
  readonly matched: readonly Point[];
}

/** What the runs of both presets have. */
export function comparedRun<Point extends BaselinePoint>(
  { splitSeed, model }: SubjectSplit,
  { spec, images, result, validation, work, macsPerImage, seconds }: SearchRun,
  { test, unpruned, matched }: RunEvaluation<Point>,
): ComparedRun<Point> {
  const best = accurate(result.best);
  const { masks, cost, loss, accuracy, sparsity } = best;
  const counts = imageCounts({ images, validation });
  return {
    method: spec.method,
    splitSeed,
    seed: spec.parameters.seed,
    parameters: reportedParameters(spec, problemOf(model.network).layers),
    final: { cost, loss, accuracy, sparsity },
    ...(validation && { validation: accurate(validation.best) }),
    ...(test && { test }),
    tradeOff: tradeOffScore(sparsity.meanLayer, (test ?? best).accuracy, unpruned.accuracy),
    zeros: countPruned(masks),
    kept: masks.map(countKept),
    matched,
    work: { ...work, plainMacs: macsPerImage * plainImages(spec, result.progress, counts) },
    seconds,
    digest: result.digest,
  };
}
