import { MAX_POPULATION } from '../../../search/article/genetic-options.ts';
import { MAX_STEPS } from '../../../search/article/layerwise.ts';
import { DEFAULTS } from '../defaults.ts';
import { count, number } from '../kinds.ts';

const { generations, populationSize, eliteSize, tournamentSize, crossoverRate } = DEFAULTS.genetic;

/** The article's genetic algorithm. */
export const geneticOptions = {
  generations: count('N', 'ga: generations per layer', { most: MAX_STEPS, default: generations }),
  populationSize: count('N', 'ga: individuals in a generation', {
    most: MAX_POPULATION,
    default: populationSize,
  }),
  // May be 0, unlike a count.
  eliteSize: number('N', 'ga: best individuals kept unchanged in the next generation', {
    default: eliteSize,
  }),
  tournamentSize: count('N', 'ga: individuals drawn at random, the best of which becomes a parent', {
    default: tournamentSize,
  }),
  crossoverRate: number('P', 'ga: probability that parents exchange genes', { default: crossoverRate }),
};
