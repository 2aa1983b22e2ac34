import { totalOf } from '../core/math.ts';
import type { PruningOrder } from './order.ts';

/** Indices of `scores` by rising score, those of equal scores by rising index. */
export function ascending(scores: ArrayLike<number>): Uint32Array {
  return indices(scores.length).sort((a, b) => scores[a]! - scores[b]! || a - b);
}

/**
 * Indices of the scores of a layer's weights, [output, input], by rising score such that every output loses the same
 * number, give or take 1: first the lowest of each output, then the second of each. Those of equal rank go by score.
 */
export function ascendingPerOutput(scores: Float64Array, outputs: number): Uint32Array {
  const inputs = scores.length / outputs;
  const ranks = new Uint32Array(scores.length);
  for (let first = 0; first < scores.length; first += inputs) {
    ascending(scores.subarray(first, first + inputs)).forEach((i, rank) => (ranks[first + i] = rank));
  }
  return indices(scores.length).sort((a, b) => ranks[a]! - ranks[b]! || scores[a]! - scores[b]! || a - b);
}

/**
 * One order of all weights from the orders of the layers, such that at every number of zeros each layer has its proportional share
 * of them, rounded up or down. It is the quota method of Balinski and Young (1975): of the layers that are still below
 * their share, the next weight is taken from the one with the smallest (pruned + 1) / weights, the first of equal ones. The method of
 * largest remainders can take a zero back from a layer when the total grows by one.
 *
 * @param rankings indices of each layer's weights, the first to be pruned first
 */
export function uniformOverLayers(rankings: readonly Uint32Array[]): PruningOrder {
  const layers = rankings.map(({ length }) => length);
  const starts = layers.map((_, l) => totalOf(layers.slice(0, l)));
  const pruned = layers.map(() => 0);
  const weights = new Uint32Array(totalOf(layers));
  for (let i = 0; i < weights.length; i++) {
    // Products of whole numbers: a quotient would be rounded, and a share that is a whole number missed.
    const due = layers.map((length, l) => pruned[l]! * weights.length < (i + 1) * length);
    const filled = layers.map((length, l) => (due[l] ? (pruned[l]! + 1) / length : Infinity));
    const next = filled.indexOf(Math.min(...filled));
    weights[i] = starts[next]! + rankings[next]![pruned[next]!]!;
    pruned[next]!++;
  }
  return { layers, weights };
}

/** 0 to `length` - 1. */
function indices(length: number): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => i);
}
