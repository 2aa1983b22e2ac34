import type { BaselineName } from '../comparison/article.ts';
import type { Method } from '../run/result.ts';

export const METHOD_NAMES: Readonly<Record<Method, string>> = {
  sa: 'simulated annealing',
  ga: 'genetic algorithm',
};

/** Within a sentence. */
export const METHODS_IN_SENTENCE: Readonly<Record<Method, string>> = {
  sa: 'simulated annealing',
  ga: 'the genetic algorithm',
};

export const METHOD_ABBREVIATIONS: Readonly<Record<Method, string>> = { sa: 'SA', ga: 'GA' };

export const BASELINE_TITLES: Readonly<Record<BaselineName, string>> = {
  random: 'random masks',
  'magnitude-uniform': 'magnitude, same share of every layer',
  'magnitude-global': 'magnitude, one threshold for all layers',
  wanda: 'Wanda',
};

/** What a row of the history is, in the plural. */
export const STEP_NAMES: Readonly<Record<Method, string>> = {
  sa: 'accepted steps',
  ga: 'generations',
};

/** Where the deviations of matched baselines come from. */
export const BASELINE_DEVIATION =
  'of the magnitudes and Wanda, which have no seed, it comes only from the runs’ different sparsities';
