import { IMPORTANCES } from '../../baselines/importance.ts';
import { DEFAULTS } from './defaults.ts';
import { choice } from './kinds.ts';

/** How a tuned search picks the weights to change. */
export const importanceOptions = {
  importance: choice(
    IMPORTANCES,
    'tuned: which weights to try first: any, as learned, small |w| or low Wanda score',
    { default: DEFAULTS.tuned.importance },
  ),
};
