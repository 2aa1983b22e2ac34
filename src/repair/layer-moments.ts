/** Second moments of a layer, over as many images as it takes to know them. */
import type { Calibrator, Moments } from '../engine/backend.ts';
import type { Tensors } from '../network/model.ts';
import type { LayerRows } from './rows.ts';

/** A convolution has many samples in an image, which are alike: an image counts as so many at most. */
const MAX_SAMPLES_PER_IMAGE = 4;
/** Samples for each input from which on more images change little; see docs/repair.md. */
const SAMPLES_PER_INPUT = 25;
/** Images that are used in any case, if there are as many. */
const MIN_IMAGES = 1000;

/** Of the images of the calibrator, the first so many. */
export function layerImages({
  inputs,
  samplesPerImage,
}: Pick<LayerRows, 'inputs' | 'samplesPerImage'>): number {
  const samples = Math.min(samplesPerImage, MAX_SAMPLES_PER_IMAGE);
  return Math.max(MIN_IMAGES, Math.ceil((SAMPLES_PER_INPUT * inputs) / samples));
}

/** See `Calibrator.moments`. */
export function layerMoments(
  calibrator: Calibrator,
  layer: number,
  rows: LayerRows,
  tensors: Tensors,
  signal?: AbortSignal,
): Promise<Moments> {
  const images = Math.min(calibrator.images, layerImages(rows));
  return calibrator.moments(layer, tensors, { images, signal });
}
