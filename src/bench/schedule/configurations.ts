/** The configurations in which `bench schedule` runs a search: with all optimizations, and with some turned off. */
import { choose } from '../choose.ts';
import { hyphenated } from '../../pruning/options/option.ts';
import {
  ALL_RUN_OPTIMIZATIONS,
  allBut,
  OPTIMIZATIONS,
  type RunOptimizations,
} from '../../pruning/search/optimizations.ts';

export interface Configuration {
  readonly name: string;
  readonly optimizations: RunOptimizations;
}

export const FULL: Configuration = { name: 'full', optimizations: ALL_RUN_OPTIMIZATIONS };

/** One configuration for each optimization, with its name and without it: a new optimization needs no entry here. */
export const CONFIGURATIONS: readonly Configuration[] = [
  FULL,
  ...OPTIMIZATIONS.map((name) => ({ name: hyphenated(name), optimizations: allBut([name]) })),
  { name: 'plain', optimizations: allBut(OPTIMIZATIONS) },
];

/** Those with these names, in the order of `CONFIGURATIONS`. `full` is always the first, since the others are compared with it. */
export function chooseConfigurations(names: readonly string[]): readonly Configuration[] {
  const known = CONFIGURATIONS.map(({ name }) => name);
  const chosen = choose('configurations', names, known);
  return CONFIGURATIONS.filter((one) => one === FULL || chosen.includes(one.name));
}
