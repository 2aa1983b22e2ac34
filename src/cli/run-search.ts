/** One search from the command line, with a progress line. */
import { weightImportance } from '../baselines/importance.ts';
import { holdBack, type HeldBack, type ImageSet } from '../data/dataset.ts';
import type { Engine } from '../engine/engine.ts';
import type { Model } from '../engine/model.ts';
import type { CountingEvaluator, EvaluatorWork, Progress, Solution } from '../search/contract.ts';
import { MasksearchError } from '../search/error.ts';
import { run, type RunResult } from '../search/run.ts';
import { withSelection } from '../search/selection.ts';
import type { TunedSearch } from '../search/tuned/annealing.ts';
import type { Score } from '../search/tuned/goal.ts';
import type { Check } from '../search/tuned/state.ts';
import { parseWithout } from './avoidance-option.ts';
import { progressDescriber } from './progress.ts';
import { isTuned, makeSearch, type SearchSpec, type TunedInput } from './search-options.ts';
import type { SplitName } from './shared-options.ts';
import type { StatusLine } from './status-line.ts';

/** A trained classifier below this is not what its options say. */
const LOWEST_BASELINE_ACCURACY = 0.5;

/** What to search, and with what. */
export interface SearchTask {
  readonly split: SplitName;
  readonly images: ImageSet;
  readonly spec: SearchSpec;
  /** Names of the work avoidance that is left out. */
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
  readonly selection?: SearchSelection | undefined;
}

export interface SearchSelection {
  readonly optimised: ImageSet;
  readonly images: ImageSet;
  /** The unmasked network and what was chosen, on `images`. */
  readonly baseline: Score;
  readonly best: Score;
  /** The states of which none is both sparser and of lower loss on the images optimised on. */
  readonly front: readonly Solution[];
  readonly checks: readonly Check[];
}

export interface RunSearchOptions {
  /** For messages. */
  readonly modelName: string;
  readonly status: StatusLine;
  readonly signal: AbortSignal;
  /** What the progress line begins with; nothing if it is the only search. */
  readonly label?: string;
}

/** Runs the search until it is done or aborted. */
export async function runSearch(
  engine: Engine,
  model: Model,
  task: SearchTask,
  { modelName, status, signal, label }: RunSearchOptions,
): Promise<SearchRun> {
  const { images, spec, without } = task;
  const { avoid, speculation } = parseWithout(without);
  const held = spec.preset === 'tuned' ? holdBack(images) : undefined;
  const importance =
    spec.preset === 'tuned'
      ? await weightImportance(spec.parameters.importance, model, held!.optimised, { signal })
      : 'none';
  const evaluatorOf = (set: ImageSet) => engine.evaluator(model, set, { avoid });
  const evaluator: CountingEvaluator = held
    ? withSelection(await evaluatorOf(held.optimised), await evaluatorOf(held.selection))
    : await evaluatorOf(images);
  let started = performance.now();
  const secondsSince = () => (performance.now() - started) / 1000;
  const input: TunedInput = { importance, clock: secondsSince };
  const search = makeSearch(evaluator, spec, input);
  try {
    started = performance.now();
    const describe = progressDescriber(model.network, spec, secondsSince);
    const prefix = label === undefined ? '' : `${label}  `;
    const result = await run(search, evaluator, {
      signal,
      speculation,
      onProgress(progress) {
        checkBaseline(progress, modelName);
        status.update(() => prefix + describe(progress, evaluator.work));
      },
    });
    const { macsPerImage, work } = evaluator;
    const seconds = secondsSince();
    const selection = held && isTuned(search) ? selectionOf(search, held) : undefined;
    return { ...task, result, work, macsPerImage, seconds, ...(selection && { selection }) };
  } catch (error) {
    throw search.progress.proposals === 0 ? alsoSuspectModel(error) : error;
  } finally {
    status.clear();
    await evaluator.close();
  }
}

/** Undefined until the unmasked network has been judged. */
function selectionOf(
  { selection, front, checks }: TunedSearch,
  { optimised, selection: images }: HeldBack,
): SearchSelection | undefined {
  return selection && { optimised, images, ...selection, front, checks };
}

/** Stops before a search over a model that was loaded wrongly: its figures would mean nothing. */
function checkBaseline({ proposals, current }: Progress, modelName: string): void {
  if (proposals > 0 || !current || current.accuracy >= LOWEST_BASELINE_ACCURACY) return;
  throw new MasksearchError(
    'bad-input',
    `the unpruned accuracy of ${modelName} is ${(100 * current.accuracy).toFixed(1)} %, but at least 50 % is needed`,
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
