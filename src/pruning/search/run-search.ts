/** Runs one search, with a model on an engine. */
import { weightImportance } from '../../baselines/importance.ts';
import { MasksearchError } from '../../core/error.ts';
import { phrase, type Phrase } from '../../core/phrase.ts';
import { holdBack, type HeldBack, type ImageSet } from '../../data/dataset.ts';
import type { Engine } from '../../engine/backend.ts';
import { cacheBytes } from '../../engine/with-memory.ts';
import { withTeacherTargets } from '../../engine/teacher.ts';
import type { Model } from '../../network/model.ts';
import { problemOfModel } from '../../network/problem.ts';
import type {
  CountingEvaluator,
  EvaluatorWork,
  Progress,
  Score,
  Search,
  Solution,
} from '../../search/contract.ts';
import type { HypervolumeCourse } from '../../search/population/pareto/hypervolume.ts';
import { run, type RunResult } from '../../search/run.ts';
import type { TunedSearch } from '../../search/tuned/annealing.ts';
import type { ValidationPoint } from '../../search/tuned/state.ts';
import { withValidation } from '../../search/validation.ts';
import type { SplitName, TargetsName } from '../images.ts';
import { isTuned, makeSearch } from './make-search.ts';
import type { RunOptimizations } from './optimizations.ts';
import type { SearchSpec } from './spec.ts';
import { Stopwatch } from './stopwatch.ts';
import { checkExpectedAccuracy, readingOptionsOf, suspicionOf } from '../evaluation/unpruned.ts';

/** What to search, over which images. */
export interface SearchTask {
  /** The split that `images` are of. */
  readonly split: SplitName;
  /** All images of the search; a tuned search divides them into tuning and validation images. */
  readonly images: ImageSet;
  /** What outputs on these images are compared with. Default: labels. */
  readonly targets?: TargetsName;
  readonly spec: SearchSpec;
  readonly optimizations: RunOptimizations;
}

/** A search that has ended, with its task. */
export interface SearchRun extends SearchTask {
  readonly result: RunResult;
  readonly work: EvaluatorWork;
  /** Multiply-accumulates of one unpruned forward pass over one image. */
  readonly macsPerImage: number;
  /** Duration of the search alone. */
  readonly seconds: number;
  /** Of a tuned search; absent otherwise. */
  readonly validation?: RunValidation | undefined;
}

/** The two sets of images of a tuned search, and what it found on them. */
export interface RunValidation {
  readonly tuning: ImageSet;
  /** The validation images. */
  readonly images: ImageSet;
  /** The unpruned network and the chosen masks, on the validation images. */
  readonly unpruned: Score;
  readonly best: Score;
  /** The accepted states of which none is both sparser and of lower loss on the tuning images. */
  readonly front: readonly Solution[];
  readonly validationPoints: readonly ValidationPoint[];
  /** Of a Pareto search; absent otherwise. */
  readonly hypervolume?: HypervolumeCourse | undefined;
}

export interface RunSearchOptions {
  /** For messages. */
  readonly modelName: string;
  /** In percent: the search ends if the unpruned accuracy on the tuning images is further than half a point from it. */
  readonly expectAccuracy?: number | undefined;
  /** Called if the unpruned network does little better than chance, and nothing was expected of it. */
  readonly onSuspicion?: ((warning: Phrase) => void) | undefined;
  /** Ends the search, which then resolves with what was found so far. */
  readonly signal?: AbortSignal | undefined;
  /** Awaited before every round, the first included: the search waits while it is pending. That time is not counted. */
  readonly gate?: (() => Promise<void> | undefined) | undefined;
  /** Called before the first round. */
  readonly onStart?: ((search: Search | TunedSearch, evaluator: CountingEvaluator) => void) | undefined;
  /** Called after every round with the work and the seconds so far. */
  readonly onProgress?: ((progress: Progress, work: EvaluatorWork, seconds: number) => void) | undefined;
}

/**
 * Runs the search until it is done or aborted. Rejects with 'bad-input' if the unpruned accuracy is not the expected one, and with the
 * errors of the search and the evaluator.
 */
export async function runSearch(
  engine: Engine,
  model: Model,
  task: SearchTask,
  { modelName, expectAccuracy, onSuspicion, signal, gate, onStart, onProgress }: RunSearchOptions,
): Promise<SearchRun> {
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
  // Both evaluators of a tuned search are open at once.
  const evaluatorOf = (set: ImageSet) =>
    engine.evaluator(model, set, {
      optimizations,
      memory: Math.floor((cacheBytes(engine) * set.count) / images.count),
    });
  const evaluator: CountingEvaluator = held
    ? withValidation(await evaluatorOf(held.tuning), await evaluatorOf(held.validation))
    : await evaluatorOf(images);
  const stopwatch = new Stopwatch();
  const search = makeSearch(problemOfModel(model), spec, {
    lossLimits,
    importance,
    clock: () => stopwatch.seconds,
  });
  let checked = false;
  const checkUnpruned = (unpruned: Score) => {
    checkExpectedAccuracy(unpruned, expectAccuracy, model, modelName);
    const suspicion = suspicionOf(unpruned, model, modelName);
    if (suspicion && expectAccuracy === undefined) onSuspicion?.(suspicion);
  };
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
