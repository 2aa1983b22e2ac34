import { DEFAULTS } from '../defaults.ts';
import { number } from '../kinds.ts';

/** The goal of a tuned search: one of these. */
export const goalOptions = {
  maxAccuracyDrop: number('P', 'tuned: accuracy that may be lost, in percentage points', {
    default: DEFAULTS.maxAccuracyDrop,
  }),
  maxLossRise: number(
    'P',
    `tuned: instead of a drop, the rise of the loss in percent; default of a regression: ${DEFAULTS.maxLossRise}`,
    { example: DEFAULTS.maxLossRise },
  ),
  maxLoss: number('L', 'tuned: instead of a drop, the largest validation loss', { example: 0.15 }),
  targetSparsity: number('S', 'tuned: instead of a drop, the fraction of all weights to prune, met exactly', {
    example: 0.8,
  }),
};
