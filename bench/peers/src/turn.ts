import type { HistoryRow } from 'masksearch';
import type { Contestant, Workload } from './contestants.ts';
import { candidatesOf, timeCandidates, timeSchedule } from './measure.ts';
import { fallingMasks } from './random.ts';
import { meanOf } from './statistics.ts';

/** About what a schedule's masks keep, from its first proposals to its last. */
const DENSITIES = [0.95, 0.45] as const;

export interface TurnOptions {
  readonly threads: number;
  readonly batchSize: number;
  /** Proposals per layer. */
  readonly iterations: number;
  /** Full forward passes to time. */
  readonly passes: number;
  /** Whether the schedule of a plain contestant is worked out from those instead of being run. */
  readonly extrapolate: boolean;
}

export interface Turn {
  /** Undefined on a GPU. */
  readonly threads: number | undefined;
  /** Of each full forward pass. */
  readonly passSeconds: readonly number[];
  readonly scheduleSeconds: number;
  /** Rows of the accepted proposals; undefined if the schedule was extrapolated. */
  readonly history: readonly HistoryRow[] | undefined;
}

/** One contestant's measurements, on evaluators of their own: opening and closing are not timed. */
export async function takeTurn(
  contestant: Contestant,
  workload: Workload,
  options: TurnOptions,
): Promise<Turn> {
  const { threads, batchSize, iterations, passes, extrapolate } = options;
  const first = await contestant.open(workload, threads, batchSize);
  let passSeconds: readonly number[];
  try {
    const [warmUp, ...masks] = fallingMasks(first.evaluator.layers, passes + 1, DENSITIES);
    await timeCandidates(first.evaluator, [warmUp!]);
    passSeconds = await timeCandidates(first.evaluator, masks);
  } finally {
    await first.close();
  }
  if (extrapolate && contestant.way === 'plain') {
    const scheduleSeconds = candidatesOf(first.evaluator, iterations) * meanOf(passSeconds);
    return { threads: first.threads, passSeconds, scheduleSeconds, history: undefined };
  }
  const second = await contestant.open(workload, threads, batchSize);
  try {
    const { seconds, result } = await timeSchedule(second.evaluator, iterations);
    return { threads: second.threads, passSeconds, scheduleSeconds: seconds, history: result.history };
  } finally {
    await second.close();
  }
}
