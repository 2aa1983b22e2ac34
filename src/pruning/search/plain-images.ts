import type { Progress } from '../../search/contract.ts';
import type { SearchRun } from './contract.ts';
import type { SearchSpec } from './spec.ts';

/** Number of images that a search tunes on, and that it validates on. */
export interface ImageCounts {
  readonly tuning: number;
  readonly validation: number;
}

export function imageCounts({ images, validation }: Pick<SearchRun, 'images' | 'validation'>): ImageCounts {
  return validation
    ? { tuning: validation.tuning.count, validation: validation.images.count }
    : { tuning: images.count, validation: 0 };
}

/**
 * Number of images that the search would have evaluated so far without any optimization, summed over candidates:
 * - annealing: all images for the unpruned network, for each layer as it is entered, and for each proposal;
 * - genetic algorithm: all images for each individual, drawn or bred;
 * - tuned: for each candidate the images of the set that it was evaluated on.
 */
export function plainImages(
  { method, preset }: SearchSpec,
  { proposals, steps, validations = 0 }: Progress,
  { tuning, validation }: ImageCounts,
): number {
  if (preset === 'tuned') return tuning * (proposals - validations) + validation * validations;
  if (method === 'ga') return tuning * proposals;
  const layersEntered = Math.ceil(Math.max(proposals, 1) / steps);
  return tuning * (proposals + layersEntered + 1);
}
