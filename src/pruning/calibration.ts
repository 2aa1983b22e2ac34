/** The images that weights are repaired on. */
import { badOption } from '../core/options.ts';
import { holdBack, takeImages, type ImageSet } from '../data/dataset.ts';
import type { Splits } from '../data/splits.ts';

/** Calibration images of searches and baselines, unless told otherwise: more change little (docs/repair.md). */
export const DEFAULT_CALIBRATION = 3000;

/**
 * The training split if there is one of its own, else the tuning images: never those that a result is chosen by or tested on. The first `wanted` of
 * them, or all. Throws 'bad-input' if there are fewer.
 */
export function calibrationImages({ train, search }: Splits, wanted?: number): ImageSet {
  const images = train === search ? holdBack(search, 'the search split').tuning : train;
  return firstCalibrationImages(images, wanted);
}

/** The first `wanted` of calibration images, or all. Throws 'bad-input' if there are fewer. */
export function firstCalibrationImages(images: ImageSet, wanted?: number): ImageSet {
  if (wanted === undefined) return images;
  if (wanted > images.count)
    throw badOption('calibration', wanted, `at most ${images.count}, all that there are`, 'pass fewer');
  return takeImages(images, wanted);
}
