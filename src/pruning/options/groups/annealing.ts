import { MAX_STEPS } from '../../../search/article/layerwise.ts';
import { DEFAULTS } from '../defaults.ts';
import { count, number } from '../kinds.ts';

const { iterations, initialTemperature } = DEFAULTS.annealing;

/** The article's simulated annealing. */
export const annealingOptions = {
  iterations: count('N', 'sa: proposals per layer', { most: MAX_STEPS, default: iterations }),
  initialTemperature: number('T', 'sa: temperature of the first step of a layer', {
    default: initialTemperature,
  }),
};
