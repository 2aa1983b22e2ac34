import { IMPORTANCES } from '../../../baselines/importance.ts';
import { DEFAULTS } from '../defaults.ts';
import { choice } from '../kinds.ts';

/** How a tuned search picks the weights to change. */
export const importanceOptions = {
  importance: choice(IMPORTANCES, 'tuned: weights are picked at random, as learned, by |w| or by Wanda', {
    default: DEFAULTS.tuned.importance,
  }),
};
