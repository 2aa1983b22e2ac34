import type { Method } from './result.ts';

export const METHOD_NAMES: Readonly<Record<Method, string>> = {
  sa: 'simulated annealing',
  ga: 'genetic algorithm',
};

/** What a row of the history is, in the plural. */
export const STEP_NAMES: Readonly<Record<Method, string>> = {
  sa: 'accepted steps',
  ga: 'generations',
};
