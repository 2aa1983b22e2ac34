import { maskFromBytes, type Masks } from '../core/mask.ts';
import { badOption } from '../core/options.ts';

/**
 * The weights of a network in the order in which a baseline prunes them. Masks of any sparsity are prefixes of this order: each has
 * the exact number of zeros, and a higher sparsity prunes all weights that a lower one prunes.
 */
export interface PruningOrder {
  /** Number of weights of each prunable layer, network order. */
  readonly layers: readonly number[];
  /** Every weight once, the first to be pruned first; numbered through all layers, each in the row-major order of its shape. */
  readonly weights: Uint32Array;
}

/** Masks that prune the first `zeros` weights of `order`, one per layer. Throws 'bad-input' if it has fewer. */
export function masksAt({ layers, weights }: PruningOrder, zeros: number): Masks {
  if (!(Number.isSafeInteger(zeros) && zeros >= 0 && zeros <= weights.length)) {
    throw badOption('zeros', zeros, `a whole number from 0 to ${weights.length}`, 'pass one');
  }
  const kept = new Uint8Array(weights.length).fill(1);
  for (const weight of weights.subarray(0, zeros)) kept[weight] = 0;
  let end = 0;
  return layers.map((length) => maskFromBytes(kept.subarray(end, (end += length))));
}

/** Number of zeros, of all weights of `order`, nearest to a global sparsity. Throws 'bad-input' outside [0, 1). */
export function zerosAt({ weights }: PruningOrder, sparsity: number): number {
  if (!(sparsity >= 0 && sparsity < 1)) {
    throw badOption('sparsity', sparsity, 'at least 0 and below 1', 'pass a fraction such as 0.7');
  }
  return Math.round(sparsity * weights.length);
}
