import { DEFAULTS } from '../defaults.ts';
import { number } from '../kinds.ts';

/** The goal of a tuned search: one of these. */
export const goalOptions = {
  maxAccuracyDrop: number('P', 'tuned: accuracy that may be lost, in percentage points', {
    default: DEFAULTS.maxAccuracyDrop,
  }),
  maxLoss: number('L', 'tuned: instead of a drop, the largest validation loss, in nats', { example: 0.15 }),
  targetSparsity: number('S', 'tuned: instead of a drop, the fraction of all weights to prune, met exactly', {
    example: 0.8,
  }),
};
