import type { Problem, Search } from '../../search/contract.ts';
import { geneticAlgorithm } from '../../search/article/genetic-algorithm.ts';
import { simulatedAnnealing } from '../../search/article/simulated-annealing.ts';
import { populationSearch } from '../../search/population/population-search.ts';
import { tunedAnnealing, type TunedSearch } from '../../search/tuned/annealing.ts';
import type { Importance } from '../../search/tuned/options.ts';
import type { SearchSpec } from './spec.ts';

/** What a search needs beside its parameters. */
export interface SearchInput {
  /** Whether the search tells which losses are too high to matter; true unless given. */
  readonly lossLimits?: boolean;
  /** Of a tuned search: the importance of the weights; learned unless given. */
  readonly importance?: Importance;
  /** Of a tuned search: seconds since its start. Without it, a budget of time does not run out. */
  readonly clock?: () => number;
}

/** Makes the search. Throws 'bad-input' for parameters out of range, so it serves to check them too. */
export function makeSearch(
  problem: Problem,
  spec: SearchSpec,
  { lossLimits = true, importance = 'learned', clock = () => 0 }: SearchInput = {},
): Search | TunedSearch {
  if (spec.preset === 'paper') {
    return spec.method === 'ga'
      ? geneticAlgorithm(problem, { ...spec.parameters, lossLimits })
      : simulatedAnnealing(problem, { ...spec.parameters, lossLimits });
  }
  const { seconds } = spec.parameters;
  const input = {
    lossLimits,
    importance,
    ...(seconds !== undefined && { spent: () => clock() / seconds }),
  };
  return spec.method === 'ga'
    ? populationSearch(problem, { ...spec.parameters, ...input })
    : tunedAnnealing(problem, { ...spec.parameters, ...input });
}

/** Checks the parameters of a search. Throws 'bad-input' for one out of range. */
export function checkSpec(problem: Problem, spec: SearchSpec): void {
  makeSearch(problem, spec);
}

export function isTuned(search: Search | TunedSearch): search is TunedSearch {
  return 'front' in search;
}
