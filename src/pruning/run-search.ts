/** One search, from what was asked for to what was found. */
import { weightImportance } from '../baselines/importance.ts';
import { holdBack, type HeldBack, type ImageSet } from '../data/dataset.ts';
import type { Engine } from '../engine/backend.ts';
import type { Model } from '../network/model.ts';
import type {
  CountingEvaluator,
  EvaluatorWork,
  Progress,
  Score,
  Search,
  Solution,
} from '../search/contract.ts';
import { MasksearchError } from '../core/error.ts';
import { run, type RunResult } from '../search/run.ts';
import { withValidation } from '../search/validation.ts';
import type { TunedSearch } from '../search/tuned/annealing.ts';
import type { ValidationPoint } from '../search/tuned/state.ts';
import { parseDisabled } from './options/optimizations.ts';
import { Stopwatch } from './stopwatch.ts';
import { isTuned, makeSearch, type SearchSpec, type TunedInput } from './options/search.ts';
import type { SplitName } from './images.ts';

/** A trained classifier below this is not what its options say. */
const MIN_UNPRUNED_ACCURACY = 0.5;

/** What to search, and with what. */
export interface SearchTask {
  readonly split: SplitName;
  readonly images: ImageSet;
  readonly spec: SearchSpec;
  /** Names of the work optimizations that is left out. */
  readonly without: readonly string[] | undefined;
}

/** A search that has ended, with what it ran on. */
export interface SearchRun extends SearchTask {
  readonly result: RunResult;
  readonly work: EvaluatorWork;
  readonly macsPerImage: number;
  /** Of the search alone. */
  readonly seconds: number;
  /** Absent unless images were held back from optimisation to choose by. */
  readonly validation?: RunValidation | undefined;
}

export interface RunValidation {
  readonly tuning: ImageSet;
  readonly images: ImageSet;
  /** The unmasked network and what was chosen, on `images`. */
  readonly unpruned: Score;
  readonly best: Score;
  /** The states of which none is both sparser and of lower loss on the images tuned on. */
  readonly front: readonly Solution[];
  readonly validationPoints: readonly ValidationPoint[];
}

export interface RunSearchOptions {
  /** For messages. */
  readonly modelName: string;
  /** Ends the search; it then resolves with what was found so far. */
  readonly signal?: AbortSignal | undefined;
  /** Awaited before every round, the first included: holds the search as long as it is pending. That time does not count. */
  readonly gate?: (() => Promise<void> | undefined) | undefined;
  /** Called before the first round. */
  readonly onStart?: ((search: Search | TunedSearch, evaluator: CountingEvaluator) => void) | undefined;
  /** Called after every round with the work and the seconds so far. */
  readonly onProgress?: ((progress: Progress, work: EvaluatorWork, seconds: number) => void) | undefined;
}

/** Runs the search until it is done or aborted. */
export async function runSearch(
  engine: Engine,
  model: Model,
  task: SearchTask,
  { modelName, signal, gate, onStart, onProgress }: RunSearchOptions,
): Promise<SearchRun> {
  const { images, spec, without } = task;
  const { optimizations, speculation } = parseDisabled(without);
  const held = spec.preset === 'tuned' ? holdBack(images) : undefined;
  const importance =
    spec.preset === 'tuned'
      ? await weightImportance(spec.parameters.importance, model, held!.tuning, signal && { signal })
      : 'none';
  const evaluatorOf = (set: ImageSet) => engine.evaluator(model, set, { optimizations });
  const evaluator: CountingEvaluator = held
    ? withValidation(await evaluatorOf(held.tuning), await evaluatorOf(held.validation))
    : await evaluatorOf(images);
  const stopwatch = new Stopwatch();
  const input: TunedInput = { importance, clock: () => stopwatch.seconds };
  const search = makeSearch(evaluator, spec, input);
  let checked = false;
  try {
    onStart?.(search, evaluator);
    stopwatch.restart();
    const result = await run(search, evaluator, {
      signal,
      speculation,
      gate: gate && (() => stopwatch.stopFor(gate())),
      onProgress(progress) {
        if (!checked && search.unpruned) checkUnpruned(search.unpruned, modelName);
        checked = true;
        onProgress?.(progress, evaluator.work, stopwatch.seconds);
      },
    });
    const { macsPerImage, work } = evaluator;
    const { seconds } = stopwatch;
    const validation = held && isTuned(search) ? validationOf(search, held) : undefined;
    return { ...task, result, work, macsPerImage, seconds, ...(validation && { validation }) };
  } catch (error) {
    throw search.progress.proposals === 0 ? alsoSuspectModel(error) : error;
  } finally {
    await evaluator.close();
  }
}

/** Undefined until the unmasked network has been evaluated. */
function validationOf(
  { validation, front, validationPoints }: TunedSearch,
  { tuning, validation: images }: HeldBack,
): RunValidation | undefined {
  return validation && { tuning, images, ...validation, front, validationPoints };
}

/** Stops before a search over a model that was loaded wrongly: its figures would mean nothing. */
function checkUnpruned({ accuracy }: Solution, modelName: string): void {
  if (accuracy >= MIN_UNPRUNED_ACCURACY) return;
  throw new MasksearchError(
    'bad-input',
    `the unpruned accuracy of ${modelName} is ${(100 * accuracy).toFixed(1)} %, but at least 50 % is needed`,
    'check --activation, --mean and --std, that the data is what the model was trained on, and that the order of its ' +
      'inputs is channel, row, column',
  );
}

/** A first cap that is missed may be a matter of images, or of a model that was loaded wrongly. */
function alsoSuspectModel(error: unknown): unknown {
  if (!(error instanceof MasksearchError) || error.code !== 'infeasible') return error;
  const fix = `${error.fix}, and check --activation, --mean and --std`;
  const { code, message, option, related } = error;
  return new MasksearchError(code, message, fix, {
    ...(option !== undefined && { option }),
    related,
    cause: error,
  });
}
