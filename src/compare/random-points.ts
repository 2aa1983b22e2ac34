/** What random searches with as many evaluations as a search find. */
import { RANDOM_SEARCHES, randomSearch } from '../baselines/index.ts';
import { countPruned } from '../core/mask.ts';
import { holdBack, type ImageSet } from '../data/dataset.ts';
import type { Engine } from '../engine/backend.ts';
import type { SearchRun } from '../pruning/search/contract.ts';
import type { PointMasks } from './baseline-points.ts';
import type { CompareOptions } from './progress.ts';
import type { SubjectSplit } from './task.ts';

/** For each run, masks with as many zeros, chosen by the loss on its tuning images among as many as it evaluated. */
export async function randomPoints(
  engine: Engine,
  { model, images }: SubjectSplit<ImageSet>,
  runs: readonly SearchRun[],
  { signal, onProgress }: CompareOptions,
): Promise<readonly (readonly PointMasks[])[]> {
  const evaluator = await engine.evaluator(model, holdBack(images).tuning);
  const found: PointMasks[][] = [];
  try {
    for (const { spec, result, work } of runs) {
      const points: PointMasks[] = [];
      for (const variant of RANDOM_SEARCHES) {
        const baseline = variant === 'uniform' ? 'random-search' : 'random-search-magnitude';
        const { masks } = await randomSearch(evaluator, model, {
          variant,
          zeros: countPruned(result.best.masks),
          evaluations: work.candidates,
          seed: spec.parameters.seed,
          signal,
          onProgress: (done) => onProgress?.({ type: 'drawing', baseline, done, total: work.candidates }),
        });
        points.push({ baseline, target: result.best.sparsity.global, masks: [masks] });
      }
      found.push(points);
    }
    return found;
  } finally {
    await evaluator.close();
  }
}
