import type { ImageSet } from '../data/dataset.ts';
import type { Model } from '../network/model.ts';
import { prunableWeights } from '../network/problem.ts';
import { wandaScores } from './wanda.ts';

/**
 * How a search ranks weights before its first evaluation: not at all (`none`), only by what it learns (`learned`), by magnitude, or by
 * Wanda's score.
 */
export const IMPORTANCES = ['none', 'learned', 'magnitude', 'wanda'] as const;
export type ImportanceName = (typeof IMPORTANCES)[number];

/**
 * What `tunedAnnealing` takes as `importance`: for `magnitude` |w|, for `wanda` |w| times the L2 norm of the weight's input over
 * `images`, one array for each layer with weights. Rejects with 'bad-input' if model and images do not fit each other, with
 * 'aborted' once `signal` is.
 */
export async function weightImportance(
  name: ImportanceName,
  model: Model,
  images: ImageSet,
  options?: { readonly signal?: AbortSignal | undefined },
): Promise<'none' | 'learned' | readonly Float64Array[]> {
  switch (name) {
    case 'none':
    case 'learned':
      return name;
    case 'magnitude':
      return prunableWeights(model).map((weight) => Float64Array.from(weight, Math.abs));
    case 'wanda':
      return wandaScores(model, images, options);
  }
}
