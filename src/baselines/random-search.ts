/** Random search: what as many evaluations as a search has are worth, without a search. */
import type { Masks } from '../core/mask.ts';
import { exp, log } from '../core/math.ts';
import { randomStream } from '../core/random.ts';
import { drawWithoutReplacement } from '../core/shuffle.ts';
import { checkAborted } from '../engine/check-aborted.ts';
import type { Model } from '../network/model.ts';
import type { Evaluator } from '../search/contract.ts';
import { magnitudeGlobalOrder } from './magnitude.ts';
import { masksAt, type PruningOrder } from './order.ts';
import { randomOrder } from './random.ts';

/**
 * `uniform`: every choice of weights is equally likely. `magnitude`: the weights of smallest magnitude in the whole network; then the same with some of them, at random, exchanged
 * for as many others: a number between 1 and all, uniform in its logarithm.
 */
export const RANDOM_SEARCHES = ['uniform', 'magnitude'] as const;
export type RandomSearch = (typeof RANDOM_SEARCHES)[number];

/** Most candidates in one call of the evaluator. */
const MAX_BATCH = 32;

export interface RandomSearchOptions {
  readonly variant: RandomSearch;
  /** Pruned weights of every candidate. */
  readonly zeros: number;
  readonly evaluations: number;
  readonly seed: string;
  readonly signal?: AbortSignal | undefined;
  /** Before each batch, with the number of candidates that are evaluated. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/**
 * Draws masks, independently of each other, and keeps those with the lowest loss, the first of equal ones. The same for every batch width. Rejects with 'bad-input' for
 * a number of zeros that the model does not have, with 'aborted' once `signal` is.
 *
 * @param evaluator of `model`
 */
export async function randomSearch(
  evaluator: Evaluator,
  model: Model,
  { variant, zeros, evaluations, seed, signal, onProgress }: RandomSearchOptions,
): Promise<{ readonly masks: Masks; readonly loss: number }> {
  const draw = drawerOf(variant, model, zeros);
  let best: { masks: Masks; loss: number } | undefined;
  for (let first = 0; first < evaluations;) {
    checkAborted(signal);
    onProgress?.(first);
    const count = Math.min(Math.max(evaluator.batchWidth, 1), MAX_BATCH, evaluations - first);
    const drawn = Array.from({ length: count }, (_, i) => draw(first + i, seed));
    const limit = best && { lossLimit: best.loss };
    const candidates = drawn.map((masks) => ({ masks, ...limit }));
    const found = await evaluator.evaluate(candidates, signal ? { signal } : {});
    for (const [i, evaluation] of found.entries()) {
      if (evaluation.exceeded || (best && evaluation.loss >= best.loss)) continue;
      best = { masks: drawn[i]!, loss: evaluation.loss };
    }
    first += count;
  }
  if (!best) throw new Error('a random search without evaluations');
  return best;
}

function drawerOf(variant: RandomSearch, model: Model, zeros: number) {
  if (variant === 'uniform') {
    return (index: number, seed: string) =>
      masksAt(randomOrder(model, randomStream(seed, 'random search', index)), zeros);
  }
  const order = magnitudeGlobalOrder(model);
  const start = masksAt(order, zeros);
  return (index: number, seed: string) =>
    index === 0
      ? start
      : masksAt(exchanged(order, zeros, randomStream(seed, 'random search', 'exchange', index)), zeros);
}

/** The order with some of the first `zeros` weights, at random, exchanged for others. */
function exchanged({ layers, weights }: PruningOrder, zeros: number, random: () => number): PruningOrder {
  const others = weights.length - zeros;
  const most = Math.min(zeros, others);
  const changed = weights.slice();
  if (most === 0) return { layers, weights };
  const count = Math.ceil(exp(random() * log(most)));
  const below = (bound: number) => Math.floor(random() * bound);
  const gone = drawWithoutReplacement(count, others, below);
  drawWithoutReplacement(count, zeros, below).forEach((back, i) => {
    changed[back] = weights[zeros + gone[i]!]!;
    changed[zeros + gone[i]!] = weights[back]!;
  });
  return { layers, weights: changed };
}
