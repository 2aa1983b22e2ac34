/** Names that all reports share. */
import type { Method } from '../run/result.ts';

/** Ways to prune that need no search, in the order in which reports show them. */
export const BASELINE_NAMES = ['random', 'magnitude-uniform', 'magnitude-global', 'wanda'] as const;
export type BaselineName = (typeof BASELINE_NAMES)[number];

export const BASELINE_TITLES: Readonly<Record<BaselineName, string>> = {
  random: 'random masks',
  'magnitude-uniform': 'magnitude, same share of every layer',
  'magnitude-global': 'magnitude, one threshold for all layers',
  wanda: 'Wanda',
};

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

/** What a row of the history is, in the plural. */
export const STEP_NAMES: Readonly<Record<Method, string>> = {
  sa: 'accepted steps',
  ga: 'generations',
};

/** In a table cell that has no value. */
export const NONE = '–';

/** `text` with a capital first letter. */
export function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
