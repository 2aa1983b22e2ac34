import { DEFAULTS } from './defaults.ts';
import { number } from './kinds.ts';

const { mutationRate, lossToWarmup, maxLossPenalty } = DEFAULTS.annealing;

/** What the article's two searches share; their defaults agree. */
export const articleOptions = {
  mutationRate: number(
    'P',
    'sa: probability that the first step prunes a weight; ga: that a gene is redrawn',
    {
      default: mutationRate,
    },
  ),
  lossToWarmup: number('L', 'largest loss in the last layer, in nats; earlier layers get a share of it', {
    default: lossToWarmup,
  }),
  maxLossPenalty: number('C', 'cost of a loss above that limit', { default: maxLossPenalty }),
};
