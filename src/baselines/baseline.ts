import type { ImageSet } from '../data/dataset.ts';
import type { Model } from '../network/model.ts';
import { magnitudeGlobalOrder, magnitudeUniformOrder } from './magnitude.ts';
import type { PruningOrder } from './order.ts';
import { randomOrder } from './random.ts';
import { wandaOrder } from './wanda.ts';

/** Ways to prune that need no search. */
export const BASELINES = ['random', 'magnitude-uniform', 'magnitude-global', 'wanda'] as const;
export type Baseline = (typeof BASELINES)[number];

export interface BaselineOptions {
  /** The images on which `wanda` measures activations; different from those that the masks are tested on. */
  readonly images: ImageSet;
  /** Uniform in [0, 1); used by `random`. */
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The order in which a baseline prunes the weights of `model`: computed once, then `masksAt` for any number of zeros.
 * Rejects with 'bad-input' for an invalid model and for `images` that do not fit it, with 'aborted' once `signal` is.
 */
export async function baselineOrder(
  baseline: Baseline,
  model: Model,
  { images, random, ...options }: BaselineOptions,
): Promise<PruningOrder> {
  switch (baseline) {
    case 'random':
      return randomOrder(model, random);
    case 'magnitude-uniform':
      return magnitudeUniformOrder(model);
    case 'magnitude-global':
      return magnitudeGlobalOrder(model);
    case 'wanda':
      return wandaOrder(model, images, options);
  }
}
