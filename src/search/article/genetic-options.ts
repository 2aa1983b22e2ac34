/** Options of the genetic algorithm. */
import { badOption, checkCount, checkFraction } from '../../core/options.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import { MAX_STEPS, type LayerwiseOptions } from './layerwise.ts';

export interface BreedingOptions {
  /** Individuals of a generation. */
  readonly populationSize: number;
  /** Individuals of the lowest cost that go on unchanged. */
  readonly eliteSize: number;
  /** Individuals drawn for a tournament; the one of the lowest cost becomes a parent. */
  readonly tournamentSize: number;
  /** Probability that two parents exchange genes; otherwise their children start as copies. */
  readonly crossoverRate: number;
}

export interface GeneticAlgorithmOptions extends LayerwiseOptions, BreedingOptions {
  readonly seed: string;
  /** Generations bred per layer, after the initial population. */
  readonly generations: number;
  /** Probability with which a gene is redrawn in the first generation; falls linearly to 0. */
  readonly mutationRate: number;
}

/** The article's experiment. */
export const GENETIC_ALGORITHM_PAPER: GeneticAlgorithmOptions = {
  seed: '1',
  generations: 20,
  populationSize: 12,
  eliteSize: 2,
  tournamentSize: 5,
  crossoverRate: 0.9,
  mutationRate: 0.15,
  lossToWarmup: 1,
  maxLossPenalty: 1e8,
};

/** Individuals in a generation: all their masks are in memory, and evaluated in one batch. */
export const MAX_POPULATION = 10_000;

/** Throws 'bad-input' for an option out of range, but for those of `LayerwiseOptions`. */
export function checkGeneticOptions(options: GeneticAlgorithmOptions): void {
  const { populationSize, eliteSize, tournamentSize } = options;
  checkCount('generations', options.generations, { most: MAX_STEPS, example: 20 });
  checkCount('populationSize', populationSize, { most: MAX_POPULATION, example: 12 });
  checkCount('tournamentSize', tournamentSize, { example: 5 });
  checkFraction('crossoverRate', options.crossoverRate, 0.9);
  checkFraction('mutationRate', options.mutationRate, 0.15);
  // The other of the two may be a default, so both are named.
  const population = optionName('populationSize');
  if (!(Number.isSafeInteger(eliteSize) && eliteSize >= 0 && eliteSize < populationSize)) {
    const allowed = phrase`a whole number from 0 to ${populationSize - 1}, below the size of the population (${population})`;
    const fix = phrase`pass a smaller ${optionName('eliteSize')} or a larger ${population}`;
    throw badOption('eliteSize', eliteSize, allowed, fix);
  }
  if (tournamentSize > populationSize) {
    const allowed = phrase`at most ${populationSize}, the size of the population (${population})`;
    const fix = phrase`pass a smaller ${optionName('tournamentSize')} or a larger ${population}`;
    throw badOption('tournamentSize', tournamentSize, allowed, fix);
  }
}
