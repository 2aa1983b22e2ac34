import { MAX_STEPS } from '../../../search/article/layerwise.ts';
import { DEFAULTS } from '../defaults.ts';
import { count, number } from '../kinds.ts';
import { populationSizeOption } from './population.ts';

const { generations, eliteSize, tournamentSize, crossoverRate } = DEFAULTS.genetic;

/** The article's genetic algorithm. */
export const geneticOptions = {
  generations: count('N', 'ga: generations per layer', { most: MAX_STEPS, default: generations }),
  ...populationSizeOption,
  // May be 0, unlike a count.
  eliteSize: number('N', 'ga: best individuals kept unchanged in the next generation', {
    default: eliteSize,
  }),
  tournamentSize: count('N', 'ga: individuals drawn at random, the best of which becomes a parent', {
    default: tournamentSize,
  }),
  crossoverRate: number('P', 'ga: probability that parents exchange genes', { default: crossoverRate }),
};
