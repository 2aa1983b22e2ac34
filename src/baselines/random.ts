import type { Model } from '../network/model.ts';
import { weightsOf } from '../core/mask.ts';
import { problemOf } from '../network/problem.ts';
import { shuffledIndices } from '../core/shuffle.ts';
import type { PruningOrder } from './order.ts';
import { totalOf } from '../core/math.ts';

/**
 * All weights of the network in random order, every order equally likely.
 *
 * @param random uniform in [0, 1), such as a `randomStream`
 */
export function randomOrder({ network }: Pick<Model, 'network'>, random: () => number): PruningOrder {
  const layers = problemOf(network).layers.map(({ shape }) => weightsOf(shape));
  const weights = shuffledIndices(totalOf(layers), (bound) => Math.floor(random() * bound));
  return { layers, weights };
}
