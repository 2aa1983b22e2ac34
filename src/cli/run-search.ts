/** One search from the command line, with a progress line. */
import type { ImageSet } from '../data/dataset.ts';
import type { Engine } from '../engine/engine.ts';
import type { Model } from '../engine/model.ts';
import type { EvaluatorWork, Progress } from '../search/contract.ts';
import { MasksearchError } from '../search/error.ts';
import { run, type RunResult } from '../search/run.ts';
import { parseWithout } from './avoidance-option.ts';
import { progressDescriber } from './progress.ts';
import { makeSearch, type SearchSpec } from './search-options.ts';
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
  const evaluator = await engine.evaluator(model, images, { avoid });
  const search = makeSearch(evaluator, spec);
  try {
    const started = performance.now();
    const secondsSince = () => (performance.now() - started) / 1000;
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
    return { ...task, result, work, macsPerImage, seconds: secondsSince() };
  } catch (error) {
    throw search.progress.proposals === 0 ? alsoSuspectModel(error) : error;
  } finally {
    status.clear();
    await evaluator.close();
  }
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
