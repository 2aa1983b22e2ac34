/** The searches as the command line offers them: their options, and what follows from them. */
import type { Method } from '../report/result.ts';
import type { Problem, Progress, Search } from '../search/contract.ts';
import { MasksearchError } from '../search/error.ts';
import {
  geneticAlgorithm,
  GENETIC_ALGORITHM_PAPER,
  LARGEST_POPULATION,
  type GeneticAlgorithmOptions,
} from '../search/genetic-algorithm.ts';
import { LARGEST_STEPS } from '../search/layerwise.ts';
import {
  simulatedAnnealing,
  SIMULATED_ANNEALING_PAPER,
  type SimulatedAnnealingOptions,
} from '../search/simulated-annealing.ts';
import { choice, count, list, number, type OptionValues } from './options.ts';

const sharedOptions = {
  preset: choice(['paper'], "where other options start from: paper, the article's experiment (default)"),
  layers: list('NAMES', 'layers to prune, separated by commas (default: all)'),
  mutationRate: number(
    'P',
    'sa: probability that the first step drops a weight; ga: that a gene is redrawn (default 0.15)',
    0.15,
  ),
  lossToWarmup: number(
    'L',
    'largest loss, in nats, in the last layer; earlier ones get a share (default 1)',
    1,
  ),
  maxLossPenalty: number('C', 'what a loss over the cap costs (default 1e8)', 1e8),
};
const annealingOptions = {
  iterations: count('N', 'sa: proposals per layer (default 200)', { most: LARGEST_STEPS, example: 200 }),
  initialTemperature: number('T', 'sa: temperature of the first step of a layer (default 1)', 1),
};
const geneticOptions = {
  generations: count('N', 'ga: generations per layer (default 20)', { most: LARGEST_STEPS, example: 20 }),
  populationSize: count('N', 'ga: individuals in a generation (default 12)', {
    most: LARGEST_POPULATION,
    example: 12,
  }),
  eliteSize: number('N', 'ga: individuals that go on unchanged (default 2)', 2),
  tournamentSize: count('N', 'ga: individuals drawn to choose a parent from (default 5)', { example: 5 }),
  crossoverRate: number('P', 'ga: probability that parents exchange genes (default 0.9)', 0.9),
};

export const searchOptions = { ...sharedOptions, ...annealingOptions, ...geneticOptions };

export type SearchValues = OptionValues<typeof searchOptions>;

/** A search with all its parameters. */
export type SearchSpec =
  | { readonly method: 'sa'; readonly parameters: SimulatedAnnealingOptions }
  | { readonly method: 'ga'; readonly parameters: GeneticAlgorithmOptions };

const OWN_OPTIONS = { sa: Object.keys(annealingOptions), ga: Object.keys(geneticOptions) } as const;

/** Throws 'bad-input' for an option that only another method has. */
export function checkMethodOptions(method: Method, values: SearchValues): void {
  const foreign = OWN_OPTIONS[method === 'sa' ? 'ga' : 'sa'];
  const useless = foreign.find((name) => values[name as keyof SearchValues] !== undefined);
  if (useless === undefined) return;
  throw new MasksearchError('bad-input', `${useless} has no effect on method ${method}`, 'leave it out', {
    option: useless,
  });
}

/** The article's search with the options that were given. */
export function searchSpec(
  method: Method,
  values: SearchValues,
  seed: string | undefined,
  lossLimits: boolean,
): SearchSpec {
  const given = (names: readonly string[]) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = values[name as keyof SearchValues];
        return value === undefined ? [] : [[name, value]];
      }),
    );
  const shared = {
    ...(seed !== undefined && { seed }),
    ...given(['layers', 'mutationRate', 'lossToWarmup', 'maxLossPenalty', ...OWN_OPTIONS[method]]),
    lossLimits,
  };
  return method === 'sa'
    ? { method, parameters: { ...SIMULATED_ANNEALING_PAPER, ...shared } }
    : { method, parameters: { ...GENETIC_ALGORITHM_PAPER, ...shared } };
}

export function makeSearch(problem: Problem, spec: SearchSpec): Search {
  return spec.method === 'sa'
    ? simulatedAnnealing(problem, spec.parameters)
    : geneticAlgorithm(problem, spec.parameters);
}

/** The parameters as results report them, `layers` as all names searched. */
export function reportedParameters(
  { parameters }: SearchSpec,
  layers: readonly { readonly name: string }[],
): Readonly<Record<string, number | string>> {
  const numbers = Object.entries(parameters).filter(([, value]) => typeof value === 'number');
  const searched = layers.map(({ name }) => name).filter((name) => parameters.layers?.includes(name) ?? true);
  return { ...(Object.fromEntries(numbers) as Record<string, number>), layers: searched.join(',') };
}

/**
 * Forward passes over all images that the article's own schedule makes for what was told so far: of annealing one for
 * each proposal, layer entered and the unmasked network, of the genetic algorithm one for each individual drawn or bred.
 */
export function plainForwardPasses({ method }: SearchSpec, { proposals, steps }: Progress): number {
  return method === 'sa' ? proposals + Math.ceil(Math.max(proposals, 1) / steps) + 1 : proposals;
}
