import { badOption } from '../core/options.ts';

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

/**
 * The images of a tuned search: proposals are accepted by their loss on `tuning`; `validation` is held back, to choose between the
 * states that the search found.
 */
export interface HeldBack {
  readonly tuning: ImageSet;
  readonly validation: ImageSet;
}

/** The first four fifths of a set and the rest, sharing its memory. Throws 'bad-input' if it has fewer than five images. */
export function holdBack(set: ImageSet): HeldBack {
  if (set.count < 5) {
    throw badOption('images', set.count, 'at least 5, of which one is held back for validation', 'use more');
  }
  const first = Math.floor((4 * set.count) / 5);
  return {
    tuning: takeImages(set, first),
    validation: {
      ...set,
      count: set.count - first,
      pixels: set.pixels.subarray(first * set.height * set.width, set.count * set.height * set.width),
      labels: set.labels.subarray(first, set.count),
    },
  };
}
