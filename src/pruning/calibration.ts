/** The images that weights are repaired on. */
import { holdBack, type ImageSet } from '../data/dataset.ts';
import type { Splits } from '../data/splits.ts';
import { firstImages } from './images.ts';

/**
 * The training split if there is one of its own, else the tuning images: never those that a result is chosen by or tested on. The first `wanted` of
 * them, or all. Throws 'bad-input' if there are fewer.
 */
export function calibrationImages({ train, search }: Splits, wanted?: number): ImageSet {
  if (train === search) return firstImages(holdBack(search, 'the search split').tuning, wanted, 'search');
  return firstImages(train, wanted, 'train');
}
