import type { Engine } from '../engine/backend.ts';
import type { Comparison, PaperComparison, TunedComparison } from '../report/comparison/comparison.ts';
import { comparePaper } from './paper.ts';
import type { CompareOptions } from './progress.ts';
import type { ComparisonTask, PaperTask, TunedTask } from './task.ts';
import { compareTuned } from './tuned.ts';

/**
 * Runs the searches of `task` one after the other, and evaluates their results and the baselines with as many zeros and at a
 * range of sparsities. Rejects with 'aborted' once the signal is, and with the errors of searches, engine and evaluators.
 */
export async function compareSearches(
  engine: Engine,
  task: PaperTask,
  options?: CompareOptions,
): Promise<PaperComparison>;
export async function compareSearches(
  engine: Engine,
  task: TunedTask,
  options?: CompareOptions,
): Promise<TunedComparison>;
export async function compareSearches(
  engine: Engine,
  task: ComparisonTask,
  options?: CompareOptions,
): Promise<Comparison>;
export async function compareSearches(
  engine: Engine,
  task: ComparisonTask,
  options: CompareOptions = {},
): Promise<Comparison> {
  return task.preset === 'paper' ? comparePaper(engine, task, options) : compareTuned(engine, task, options);
}
