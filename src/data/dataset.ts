import { badOption } from '../search/options.ts';

/** Labelled grey images. */
export interface ImageSet {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** Bytes 0 to 255, [image, row, column]. */
  readonly pixels: Uint8Array;
  /** Class of each image, 0 to 9. */
  readonly labels: Uint8Array;
}

/** The first `count` images of a set, sharing its memory. Throws 'bad-input' if it has fewer. */
export function takeImages(set: ImageSet, count: number): ImageSet {
  if (!(Number.isSafeInteger(count) && count >= 1 && count <= set.count)) {
    throw badOption('count', count, `a whole number from 1 to ${set.count}`, 'pass one');
  }
  const size = set.height * set.width;
  return {
    ...set,
    count,
    pixels: set.pixels.subarray(0, count * size),
    labels: set.labels.subarray(0, count),
  };
}
