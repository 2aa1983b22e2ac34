import type { Model } from '../network/model.ts';
import { fuse } from '../network/fuse.ts';
import type { PruningOrder } from './order.ts';
import { indices, totalOf } from './ranking.ts';

/**
 * All weights of the network in random order, every order equally likely (Fisher and Yates).
 *
 * @param random uniform in [0, 1), such as a `randomStream`
 */
export function randomOrder({ network }: Pick<Model, 'network'>, random: () => number): PruningOrder {
  const layers = fuse(network).map(({ weights }) => weights);
  const weights = indices(totalOf(layers));
  for (let i = weights.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [weights[i], weights[j]] = [weights[j]!, weights[i]!];
  }
  return { layers, weights };
}
