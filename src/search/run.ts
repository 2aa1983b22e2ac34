import type { Evaluation, Evaluator, HistoryRow, Progress, Search, Solution } from './contract.ts';
import { MasksearchError } from '../core/error.ts';
import { Speculator, type Speculation } from './speculation.ts';

export interface RunResult {
  /** The unpruned network. */
  readonly unpruned: Solution;
  readonly best: Solution;
  readonly history: readonly HistoryRow[];
  /** Equal digests mean equal runs. */
  readonly digest: string;
  /** False if the run was aborted before the search was done. */
  readonly completed: boolean;
  readonly progress: Progress;
}

export interface RunOptions {
  /** Called after every round, with the history rows that the round added. */
  readonly onProgress?: (progress: Progress, rows: readonly HistoryRow[]) => void;
  /** Stops the run between or within rounds; it then resolves to what was found so far. */
  readonly signal?: AbortSignal | undefined;
  /** Awaited before every round, the first included: the run waits as long as the promise is pending. */
  readonly gate?: (() => Promise<void> | undefined) | undefined;
  /** Whether to ask for several candidates at once where that is faster on the evaluator; true if undefined. */
  readonly speculation?: Speculation | undefined;
}

/**
 * Carries candidates from a search to an evaluator and evaluations back, until the search is done. Rejects with the error
 * of the evaluator or the search, and with 'aborted' if it is stopped before the unpruned network was evaluated.
 */
export async function run(
  search: Search,
  evaluator: Evaluator,
  { onProgress, signal, gate, speculation = true }: RunOptions = {},
): Promise<RunResult> {
  const history: HistoryRow[] = [];
  const speculator = new Speculator(speculation);
  while (!search.done && !signal?.aborted) {
    const held = gate?.();
    if (held) {
      await held;
      if (signal?.aborted) break;
    }
    const asked = speculator.next(evaluator);
    const candidates = search.ask(asked);
    let evaluations: readonly Evaluation[];
    try {
      evaluations = await evaluator.evaluate(candidates, signal && { signal });
    } catch (error) {
      if (signal && isAbort(error, signal)) break;
      throw error;
    }
    const before = search.progress;
    const rows = search.tell(evaluations);
    speculator.learn(before, search.progress, asked, candidates.length);
    history.push(...rows);
    onProgress?.(search.progress, rows);
  }
  const { unpruned, best, digest, done: completed, progress } = search;
  if (!unpruned || !best) {
    throw new MasksearchError(
      'aborted',
      'the run was aborted before the unpruned network was evaluated',
      'run it again',
      { cause: signal?.reason },
    );
  }
  return { unpruned, best, history, digest, completed, progress };
}

/** Whether an evaluator rejected because of the signal: with our error, or with the signal's reason. */
function isAbort(error: unknown, signal: AbortSignal): boolean {
  const ours = error instanceof MasksearchError && error.code === 'aborted';
  return signal.aborted && (ours || error === signal.reason);
}
