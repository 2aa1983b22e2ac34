import { MAX_POPULATION } from '../../../search/article/genetic-options.ts';
import { DEFAULTS } from '../defaults.ts';
import { count, flag } from '../kinds.ts';

/** Of both presets of the genetic algorithm, with a default of its own in each. */
export const populationSizeOption = {
  populationSize: count(
    'N',
    `ga: individuals in a generation (default ${DEFAULTS.population.populationSize} for tuned, ${DEFAULTS.genetic.populationSize} for paper)`,
    { most: MAX_POPULATION, example: DEFAULTS.population.populationSize },
  ),
};

/** The population search. */
export const populationOptions = {
  ...populationSizeOption,
  pareto: flag('tuned ga: search the whole front of sparsity and loss (NSGA-II), then choose by the goal'),
};
