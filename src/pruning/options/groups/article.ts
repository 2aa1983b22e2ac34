import { DEFAULTS } from '../defaults.ts';
import { number } from '../kinds.ts';

const { mutationRate, lossToWarmup, maxLossPenalty } = DEFAULTS.annealing;

/** What the article's two searches share; their defaults agree. */
export const articleOptions = {
  mutationRate: number('P', 'sa: probability to prune a weight in the first step; ga: to redraw a gene', {
    default: mutationRate,
  }),
  lossToWarmup: number('L', 'largest loss in the last layer, in nats; earlier layers get a share of it', {
    default: lossToWarmup,
  }),
  maxLossPenalty: number('C', 'cost of a loss above that limit', { default: maxLossPenalty }),
};
