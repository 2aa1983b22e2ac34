/** The images that weights are repaired on. */
import { badOption } from '../core/options.ts';
import { holdBack, takeImages, type ImageSet } from '../data/dataset.ts';
import type { Splits } from '../data/splits.ts';

/**
 * The training split if there is one of its own, else the tuning images: never those that a result is chosen by or tested on. The first `wanted` of
 * them, or all. Throws 'bad-input' if there are fewer.
 */
export function calibrationImages({ train, search }: Splits, wanted?: number): ImageSet {
  const images = train === search ? holdBack(search, 'the search split').tuning : train;
  if (wanted === undefined) return images;
  if (wanted > images.count)
    throw badOption('calibration', wanted, `at most ${images.count}, all that there are`, 'pass fewer');
  return takeImages(images, wanted);
}
