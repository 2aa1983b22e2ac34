import type { Evaluation, Evaluator, HistoryRow, Progress, Search, Solution } from './contract.ts';
import { MasksearchError } from '../core/error.ts';
import { Speculator, type Speculation } from './speculation.ts';

export interface RunResult {
  /** The unmasked network. */
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
  /** Called after every round, with the history rows it added. */
  readonly onProgress?: (progress: Progress, rows: readonly HistoryRow[]) => void;
  /** Stops the run between or within rounds; it then resolves with what was found so far. */
  readonly signal?: AbortSignal | undefined;
  /** Awaited before every round, the first included: the run stands still as long as it is pending. */
  readonly gate?: (() => Promise<void> | undefined) | undefined;
  /** Whether to ask for several candidates at once where that pays on the evaluator; true unless given. */
  readonly speculation?: Speculation | undefined;
}

/**
 * Moves candidates from a search to an evaluator and evaluations back until the search is done. Rejects with the
 * evaluator's or the search's error, and with 'aborted' if there was nothing yet to resolve with.
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
      'the run was aborted before the unmasked network was evaluated',
      'run it again',
      { cause: signal?.reason },
    );
  }
  return { unpruned, best, history, digest, completed, progress };
}

/** Whether an evaluator rejected because it was asked to stop, in our way or in the platform's. */
function isAbort(error: unknown, signal: AbortSignal): boolean {
  const ours = error instanceof MasksearchError && error.code === 'aborted';
  return signal.aborted && (ours || error === signal.reason);
}
