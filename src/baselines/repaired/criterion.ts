/** By what baselines rank the weights of a network, at any point of its pruning. */
import { totalOf } from '../../core/math.ts';
import type { Model } from '../../network/model.ts';
import { problemOf } from '../../network/problem.ts';
import { masksAt, type PruningOrder } from '../order.ts';
import { ascending, ascendingPerOutput, uniformOverLayers } from '../ranking.ts';
import type { Calibration, Ranker, Ranking } from './calibration.ts';
import { magnitudes, wandaScoresOf } from './scores.ts';
import { SurgeonRanking } from './surgeon-ranking.ts';

/**
 * `magnitude`: by |w|, one threshold for all layers. `wanda`: by |w| times the L2 norm of the weight's input, the same fraction of every output; M. Sun et
 * al., "A Simple and Effective Pruning Approach for Large Language Models" (2023). `obs`: optimal brain surgeon; B. Hassibi, D. Stork, "Second order
 * derivatives for network pruning" (NIPS 1992), output by output as in E. Frantar, D. Alistarh, "Optimal Brain Compression" (NeurIPS 2022). An error of a layer
 * counts relative to the variance of its outputs, so that every layer has the same weight.
 */
export const CRITERIA = ['magnitude', 'wanda', 'obs'] as const;
export type Criterion = (typeof CRITERIA)[number];

export function rankerOf(criterion: Criterion, calibration: Calibration): Ranker {
  const { model } = calibration;
  switch (criterion) {
    case 'magnitude':
      return (state) => Promise.resolve(inOrder(byThreshold(magnitudes(model, state))));
    case 'wanda':
      return async (state, options) =>
        inOrder(byShare(model, await wandaScoresOf(calibration, state, options)));
    case 'obs': {
      const surgeon = new SurgeonRanking(calibration);
      return (state, options) => surgeon.rank(state, options);
    }
  }
}

const inOrder =
  (order: PruningOrder): Ranking =>
  (zeros) =>
    masksAt(order, zeros);

function byThreshold(scores: readonly Float64Array[]): PruningOrder {
  const layers = scores.map(({ length }) => length);
  const all = new Float64Array(totalOf(layers));
  let first = 0;
  for (const own of scores) {
    all.set(own, first);
    first += own.length;
  }
  return { layers, weights: ascending(all) };
}

function byShare(model: Model, scores: readonly Float64Array[]): PruningOrder {
  const { layers } = problemOf(model.network);
  return uniformOverLayers(scores.map((own, layer) => ascendingPerOutput(own, layers[layer]!.shape[0]!)));
}
