/** What is timed: full forward passes, and the article's schedule. */
import {
  run,
  simulatedAnnealing,
  SIMULATED_ANNEALING_PAPER,
  type Evaluator,
  type HistoryRow,
  type Masks,
  type RunResult,
} from 'masksearch';

/** Seconds of each candidate, evaluated one by one without a limit. */
export async function timeCandidates(
  evaluator: Evaluator,
  candidates: readonly Masks[],
): Promise<readonly number[]> {
  const seconds: number[] = [];
  for (const masks of candidates) {
    const start = performance.now();
    await evaluator.evaluate([{ masks }]);
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}

export interface Schedule {
  readonly seconds: number;
  readonly result: RunResult;
}

/** The article's simulated annealing, `iterations` proposals per layer. */
export async function timeSchedule(evaluator: Evaluator, iterations: number): Promise<Schedule> {
  const search = simulatedAnnealing(evaluator, { ...SIMULATED_ANNEALING_PAPER, iterations });
  const start = performance.now();
  const result = await run(search, evaluator);
  return { seconds: (performance.now() - start) / 1000, result };
}

/** Candidates of a schedule: the proposals, and the unmasked network. */
export function candidatesOf({ layers }: Evaluator, iterations: number): number {
  return 1 + layers.length * iterations;
}

/** Whether two runs accepted the same proposals. Losses of different arithmetic differ in their last digits. */
export function samePath(a: readonly HistoryRow[], b: readonly HistoryRow[]): boolean {
  return (
    a.length === b.length &&
    // In a layer, no two steps have the same temperature.
    a.every(({ layer, temperature }, i) => layer === b[i]!.layer && temperature === b[i]!.temperature)
  );
}
