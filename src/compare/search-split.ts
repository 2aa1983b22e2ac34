import { MasksearchError } from '../core/error.ts';
import type { Engine } from '../engine/backend.ts';
import { taskOf } from '../network/task.ts';
import { ALL_RUN_OPTIMIZATIONS } from '../pruning/search/optimizations.ts';
import { runSearch } from '../pruning/search/run-search.ts';
import type { SearchRun, SearchTask } from '../pruning/search/contract.ts';
import type { CompareOptions, ComparisonSearch } from './progress.ts';
import type { ComparisonTask, SubjectSplit, TunedSubject } from './task.ts';

/** Runs all searches of a comparison on one of its splits. Rejects with 'aborted' once the signal is. */
export async function searchSplit(
  engine: Engine,
  task: ComparisonTask,
  split: SubjectSplit & Pick<TunedSubject, 'repair'>,
  { signal, onProgress }: CompareOptions,
): Promise<readonly SearchRun[]> {
  const { specs, splits } = task;
  const before = splits.findIndex(({ splitSeed }) => splitSeed === split.splitSeed) * specs.length;
  const runs: SearchRun[] = [];
  for (const spec of specs) {
    const number = before + runs.length + 1;
    const search: ComparisonSearch = { split, spec, number, total: splits.length * specs.length };
    onProgress?.({ type: 'searching', search });
    const searchTask: SearchTask = {
      split: task.split,
      images: split.images,
      ...(split.repair && { repair: split.repair, targets: targetsOf(split) }),
      spec,
      optimizations: ALL_RUN_OPTIMIZATIONS,
    };
    const run = await runSearch(engine, split.model, searchTask, {
      modelName: split.modelName,
      signal,
      onProgress: (progress, work, seconds) =>
        onProgress?.({ type: 'round', search, progress, work, seconds }),
    });
    if (!run.result.completed) throw aborted(signal);
    onProgress?.({ type: 'found', search, run });
    runs.push(run);
  }
  return runs;
}

/** A network for classes is the teacher of its pruned versions where these are repaired. */
const targetsOf = ({ model }: SubjectSplit) => (taskOf(model) === 'classes' ? 'teacher' : 'labels');

function aborted(signal: AbortSignal | undefined): MasksearchError {
  return new MasksearchError('aborted', 'the comparison was interrupted', 'run it again', {
    cause: signal?.reason,
  });
}
