/** Names that all reports share. */
import type { Method } from '../run/result.ts';

/** How a run searched, in words. */
export const searchName = ({ method, repair }: { readonly method: Method; readonly repair?: unknown }) =>
  (repair === undefined ? METHOD_NAMES : REPAIRED_NAMES)[method];

/** Where weights are repaired; annealing then takes one exchange after the other. */
const REPAIRED_NAMES: Readonly<Record<Method, string>> = {
  sa: 'rounds of pruning and repair, then exchanges',
  ga: 'rounds of pruning and repair, then exchanges by a population',
};

/** Ways to prune that need no search and leave the weights that stay as they are, in the order in which reports show them. */
export const BASELINE_NAMES = ['random', 'magnitude-uniform', 'magnitude-global', 'wanda'] as const;
export type PaperBaselineName = (typeof BASELINE_NAMES)[number];

/** All that a tuned comparison may have, in the order in which reports show them: those with frozen weights first. */
export const TUNED_BASELINE_NAMES = [
  ...BASELINE_NAMES,
  'obs',
  'random-search',
  'random-search-magnitude',
  'random-repaired',
  'magnitude-repaired',
  'wanda-repaired',
  'obs-repaired',
  'magnitude-rounds',
  'wanda-rounds',
  'obs-rounds',
] as const;
export type BaselineName = (typeof TUNED_BASELINE_NAMES)[number];

export const BASELINE_TITLES: Readonly<Record<BaselineName, string>> = {
  random: 'random masks',
  'magnitude-uniform': 'magnitude, same share of every layer',
  'magnitude-global': 'magnitude, one threshold for all layers',
  wanda: 'Wanda',
  obs: 'optimal brain surgeon',
  'random-search': 'random search',
  'random-search-magnitude': 'random search around magnitude',
  'random-repaired': 'random masks, repaired once',
  'magnitude-repaired': 'magnitude, one threshold, repaired once',
  'wanda-repaired': 'Wanda, repaired once',
  'obs-repaired': 'optimal brain surgeon, repaired once',
  'magnitude-rounds': 'magnitude, one threshold, repaired in rounds',
  'wanda-rounds': 'Wanda, repaired in rounds',
  'obs-rounds': 'optimal brain surgeon, repaired in rounds',
};

/** What a baseline does with the weights that stay. */
export const REPAIR_NAMES = ['frozen', 'once', 'rounds'] as const;
export type RepairName = (typeof REPAIR_NAMES)[number];

export const REPAIR_TITLES: Readonly<Record<RepairName, string>> = {
  frozen: 'frozen weights',
  once: 'repaired once',
  rounds: 'repaired in rounds',
};

export function repairOf(baseline: BaselineName): RepairName {
  if (baseline.endsWith('-rounds')) return 'rounds';
  return baseline.endsWith('-repaired') ? 'once' : 'frozen';
}

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
