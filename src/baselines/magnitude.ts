import { checkModel } from '../network/check-model.ts';
import type { Model } from '../network/model.ts';
import { prunableWeights } from '../network/problem.ts';
import type { PruningOrder } from './order.ts';
import { totalOf } from '../core/math.ts';
import { ascending, uniformOverLayers } from './ranking.ts';

/** By rising |w| within each layer, the same fraction of every layer. Throws 'bad-input' for an invalid model. */
export function magnitudeUniformOrder(model: Model): PruningOrder {
  checkModel(model);
  return uniformOverLayers(prunableWeights(model).map((weight) => ascending(weight.map(Math.abs))));
}

/** By rising |w| over the whole network: one threshold. Throws 'bad-input' for an invalid model. */
export function magnitudeGlobalOrder(model: Model): PruningOrder {
  checkModel(model);
  const weights = prunableWeights(model);
  const layers = weights.map(({ length }) => length);
  const magnitudes = new Float32Array(totalOf(layers));
  let first = 0;
  for (const weight of weights) {
    magnitudes.set(weight.map(Math.abs), first);
    first += weight.length;
  }
  return { layers, weights: ascending(magnitudes) };
}
