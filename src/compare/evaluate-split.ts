/** Evaluates everything that is compared on one split: results, fronts and baselines. */
import { fullMasks } from '../core/mask.ts';
import type { Model } from '../network/model.ts';
import { problemOf } from '../network/problem.ts';
import type { SearchRun } from '../pruning/search/contract.ts';
import { layerTensorsOf } from '../repair/layer-tensors.ts';
import type { BaselinePoint } from '../report/comparison/comparison.ts';
import type { Candidate, EvaluatorWork, Solution } from '../search/contract.ts';
import { pointOf, type PointMasks, type SplitPoints } from './baseline-points.ts';
import type { CandidateGroup } from './evaluate-groups.ts';
import type { SubjectSplit } from './task.ts';

/** A run, and the states of its front to evaluate. */
export interface RunToEvaluate {
  readonly run: SearchRun;
  readonly front: readonly Solution[];
}

/** Evaluates groups of masks on the images of a preset; `Scores` is by kind of images. */
export type EvaluateOn<Scores> = (
  groups: readonly CandidateGroup[],
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

/** With the weights that a search has repaired. */
function candidateOf(model: Model, { masks, tensors }: Solution): Candidate {
  return tensors ? { masks, tensors: layerTensorsOf(model, tensors) } : { masks };
}

/** Evaluates all masks of a split in one go. */
export async function evaluateSplit<Scores>(
  { model }: SubjectSplit,
  runs: readonly RunToEvaluate[],
  { matched, curves }: SplitPoints,
  evaluate: EvaluateOn<Scores>,
): Promise<EvaluatedSplit<Scores>> {
  const { scores, work } = await evaluate([
    [{ masks: fullMasks(problemOf(model.network).layers) }],
    ...runs.map(({ run }) => [candidateOf(model, run.result.best)]),
    ...runs.flatMap(({ front }) => front.map((state) => [candidateOf(model, state)])),
    ...[...matched.flat(), ...curves].map((point) => point.masks.map((masks) => ({ masks }))),
  ]);
  // In the order in which the groups were put together.
  const remaining = scores.values();
  const next = () => remaining.next().value!;
  const evaluated = (point: PointMasks) => ({ ...pointOf(point), ...next() });
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
