/** Runs one search, with a model on an engine. */
import { weightImportance } from '../../baselines/importance.ts';
import { MasksearchError } from '../../core/error.ts';
import { countPruned, fullMasks } from '../../core/mask.ts';
import { phrase } from '../../core/phrase.ts';
import { holdBack, type HeldBack } from '../../data/dataset.ts';
import type { Engine } from '../../engine/backend.ts';
import { cacheBytes } from '../../engine/with-memory.ts';
import { withTeacherTargets } from '../../engine/teacher.ts';
import type { Model } from '../../network/model.ts';
import { problemOfModel, zerosAsMasks } from '../../network/problem.ts';
import type { Score } from '../../search/contract.ts';
import { initialMasks } from '../../search/initial-masks.ts';
import { run } from '../../search/run.ts';
import type { TunedSearch } from '../../search/tuned/annealing.ts';
import { evaluateMasks } from '../evaluation/masks.ts';
import { checkExpectedAccuracy, readingOptionsOf, suspicionOf } from '../evaluation/unpruned.ts';
import type { RepairedTask } from '../repaired/run.ts';
import type { RunSearchOptions, RunValidation, SearchRun, SearchTask } from './contract.ts';
import { evaluatorOfBoth } from './evaluators.ts';
import { isTuned, makeSearch } from './make-search.ts';
import { Stopwatch } from './stopwatch.ts';

/**
 * Runs the search until it is done or aborted. Rejects with 'bad-input' if the unpruned accuracy is not the expected one, and with the
 * errors of the search and the evaluator.
 */
export async function runSearch(
  engine: Engine,
  model: Model,
  task: SearchTask,
  options: RunSearchOptions,
): Promise<SearchRun> {
  const { modelName, expectAccuracy, onSuspicion, signal, gate, onStart, onProgress } = options;
  const checkAsRead = (unpruned: Score) => {
    checkExpectedAccuracy(unpruned, expectAccuracy, model, modelName);
    const suspicion = suspicionOf(unpruned, model, modelName);
    if (suspicion && expectAccuracy === undefined) onSuspicion?.(suspicion);
  };
  const problem = problemOfModel(model, task.initial);
  const startsAsRead = countPruned(initialMasks(problem)) === countPruned(zerosAsMasks(model));
  // What the masks leave says little about whether the model was read as it was trained.
  const checkUnpruned = startsAsRead ? checkAsRead : () => undefined;
  if (!startsAsRead) checkAsRead(await evaluateMasks(engine, model, task.images, fullMasks(problem.layers)));
  if (task.repair) {
    // Only what is needed is loaded: a page begins without.
    const { runRepaired } = await import('../repaired/run.ts');
    return runRepaired(engine, model, task as RepairedTask, options, checkUnpruned);
  }
  const { spec, targets = 'labels' } = task;
  const { lossLimits, speculation, ...optimizations } = task.optimizations;
  const images =
    targets === 'teacher'
      ? await withTeacherTargets(engine, model, task.images, signal && { signal })
      : task.images;
  const held = spec.preset === 'tuned' ? holdBack(images) : undefined;
  const importance =
    spec.preset === 'tuned'
      ? await weightImportance(spec.parameters.importance, model, held!.tuning, signal && { signal })
      : 'none';
  const evaluator = held
    ? await evaluatorOfBoth(engine, model, held, optimizations)
    : await engine.evaluator(model, images, { optimizations, memory: cacheBytes(engine) });
  const stopwatch = new Stopwatch();
  const search = makeSearch(problem, spec, {
    lossLimits,
    importance,
    clock: () => stopwatch.seconds,
  });
  let checked = false;
  try {
    onStart?.(search, evaluator);
    stopwatch.restart();
    const result = await run(search, evaluator, {
      signal,
      speculation,
      gate: gate && (() => stopwatch.stopFor(gate())),
      onProgress(progress) {
        if (!checked && search.unpruned) checkUnpruned(search.unpruned);
        checked = true;
        onProgress?.(progress, evaluator.work, stopwatch.seconds);
      },
    });
    const { macsPerImage, work } = evaluator;
    const { seconds } = stopwatch;
    const validation = held && isTuned(search) ? validationOf(search, held) : undefined;
    return { ...task, result, work, macsPerImage, seconds, ...(validation && { validation }) };
  } catch (error) {
    throw search.progress.proposals === 0 ? alsoSuspectModel(error, model) : error;
  } finally {
    await evaluator.close();
  }
}

/** Undefined until the unpruned network has been evaluated. */
function validationOf(
  { validation, front, validationPoints, hypervolume }: TunedSearch,
  { tuning, validation: images }: HeldBack,
): RunValidation | undefined {
  return validation && { tuning, images, ...validation, front, validationPoints, hypervolume };
}

/** A loss above the first limit can be due to few images, or to a model that was loaded wrongly: adds the latter to the error. */
function alsoSuspectModel(error: unknown, model: Model): unknown {
  if (!(error instanceof MasksearchError) || error.code !== 'infeasible') return error;
  return error.withFix(phrase`${error.phrases.fix}, and check ${readingOptionsOf(model)}`);
}
