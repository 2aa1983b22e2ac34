import { MAX_EVALUATIONS, MIN_EVALUATIONS } from '../../../search/tuned/options.ts';
import { DEFAULTS } from '../defaults.ts';
import { count, number } from '../kinds.ts';

/** The budget of a tuned search that can be repeated exactly. */
export const evaluationsOption = {
  evaluations: count(
    'N',
    `tuned: candidates to evaluate; ${DEFAULTS.repairedEvaluations} where weights are repaired`,
    {
      least: MIN_EVALUATIONS,
      most: MAX_EVALUATIONS,
      default: DEFAULTS.tuned.evaluations,
    },
  ),
};

/** When a tuned search ends. */
export const budgetOptions = {
  ...evaluationsOption,
  seconds: number('T', 'tuned: instead of evaluations, the time to take; cannot be repeated exactly', {
    example: 30,
  }),
  patience: count('N', 'tuned: stop after so many evaluations without a better result (default: never)', {
    most: MAX_EVALUATIONS,
    example: 2000,
  }),
};
