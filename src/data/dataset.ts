import { MasksearchError } from '../core/error.ts';
import { badOption } from '../core/options.ts';

/** Images with labels, targets or neither; a signal is an image of one row, a vector one of one pixel per channel. */
export interface ImageSet {
  readonly count: number;
  /** 1 if undefined. */
  readonly channels?: number | undefined;
  readonly height: number;
  readonly width: number;
  /** [image, channel, row, column]: bytes, or numbers of any range. */
  readonly pixels: Uint8Array | Float32Array;
  /** Class of each image. */
  readonly labels?: Labels | undefined;
  /** [image, output]: the numbers that the network is to give; 1 or 0 for a task `binary`. */
  readonly targets?: Float32Array | undefined;
  /**
   * [image, class]: the probability that the network is to give each class, in place of 1 for the image's label and 0 for all others.
   * The labels still say which predictions are correct.
   */
  readonly softTargets?: Float32Array | undefined;
  /** By class, where the data name them. */
  readonly classNames?: readonly string[] | undefined;
}

/** Images and labels of bytes, as MNIST has them. */
export interface ByteImages extends ImageSet {
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

export type Labels = Uint8Array | Uint16Array;

/** Channels, height and width. */
export function imageShape({ channels = 1, height, width }: Omit<ImageSet, 'pixels' | 'labels'>) {
  return [channels, height, width] as const;
}

/** Targets per image; 0 without targets. */
export function targetsPerImage({ count, targets }: Pick<ImageSet, 'count' | 'targets'>): number {
  return targets ? Math.floor(targets.length / count) : 0;
}

/** Soft targets per image; 0 without soft targets. */
export function softTargetsPerImage({ count, softTargets }: Pick<ImageSet, 'count' | 'softTargets'>): number {
  return targetsPerImage({ count, targets: softTargets });
}

/** Numbers per image. */
export function pixelsPerImage(set: Omit<ImageSet, 'pixels' | 'labels'>): number {
  const [channels, height, width] = imageShape(set);
  return channels * height * width;
}

/** The images from `begin` to before `end`, sharing the memory of the set. */
export function sliceImages<Set extends ImageSet>(set: Set, begin: number, end: number): Set {
  const slice = <T extends Numbers>(numbers: T, size: number) =>
    numbers.subarray(begin * size, end * size) as T;
  return withNumbers(set, end - begin, slice);
}

/** The images of these indices, in memory of their own. */
export function pickImages<Set extends ImageSet>(set: Set, indices: Uint32Array): Set {
  return withNumbers(set, indices.length, (numbers, size) => {
    const picked = sameType(numbers, indices.length * size);
    indices.forEach((from, to) => {
      picked.set(numbers.subarray(from * size, (from + 1) * size), to * size);
    });
    return picked;
  });
}

/** The set with other numbers of images; `map` gets the numbers of all images and how many there are per image. */
function withNumbers<Set extends ImageSet>(
  set: Set,
  count: number,
  map: <T extends Numbers>(numbers: T, perImage: number) => T,
): Set {
  const { pixels, labels, targets, softTargets } = set;
  return {
    ...set,
    count,
    pixels: map(pixels, pixelsPerImage(set)),
    ...(labels && { labels: map(labels, 1) }),
    ...(targets && { targets: map(targets, targetsPerImage(set)) }),
    ...(softTargets && { softTargets: map(softTargets, softTargetsPerImage(set)) }),
  };
}

/** The images of sets of one shape, one after the other; with labels if all have labels, likewise with targets of either kind. */
export function joinImages(sets: readonly [ImageSet, ...ImageSet[]]): ImageSet {
  const [labels, targets] = [allOf(sets, 'labels'), allOf(sets, 'targets')];
  const softTargets = allOf(sets, 'softTargets');
  return {
    ...sets[0],
    count: sets.reduce((sum, { count }) => sum + count, 0),
    pixels: concatenate(sets.map(({ pixels }) => pixels)),
    labels: labels && concatenate(labels),
    targets: targets && concatenate(targets),
    softTargets: softTargets && concatenate(softTargets),
  };
}

function allOf<Name extends 'labels' | 'targets' | 'softTargets'>(sets: readonly ImageSet[], name: Name) {
  const found = sets.flatMap((set) => set[name] ?? []);
  return found.length === sets.length ? (found as NonNullable<ImageSet[Name]>[]) : undefined;
}

/** The first `count` images of a set, sharing its memory. Throws 'bad-input' if it has fewer. */
export function takeImages<Set extends ImageSet>(set: Set, count: number): Set {
  if (!(Number.isSafeInteger(count) && count >= 1 && count <= set.count)) {
    throw badOption('count', count, `a whole number from 1 to ${set.count}`, 'pass one');
  }
  return sliceImages(set, 0, count);
}

/**
 * The images of a tuned search: proposals are accepted by their loss on `tuning`; `validation` is held back, to choose between the
 * states that the search found.
 */
export interface HeldBack {
  readonly tuning: ImageSet;
  readonly validation: ImageSet;
}

/** The fewest images that can be held back from. */
export const MIN_HELD_BACK = 5;

/**
 * The first four fifths of a set and the rest, sharing its memory. Throws 'bad-input', with the name of the set, if it has fewer than five
 * images.
 */
export function holdBack(set: ImageSet, name = 'the image set'): HeldBack {
  if (set.count < MIN_HELD_BACK) {
    throw new MasksearchError(
      'bad-input',
      `${name} has ${set.count} image${set.count === 1 ? '' : 's'}, at least ${MIN_HELD_BACK} are needed, of which one is held back for validation`,
      'use data with more images',
    );
  }
  const first = Math.floor((4 * set.count) / 5);
  return { tuning: sliceImages(set, 0, first), validation: sliceImages(set, first, set.count) };
}

type Numbers = Uint8Array | Uint16Array | Float32Array;

/** Zeros of the type of `like`. */
function sameType<T extends Numbers>(like: T, length: number): T {
  return new (like.constructor as new (length: number) => T)(length);
}

function concatenate<T extends Numbers>(parts: readonly T[]): T {
  const whole = sameType(
    parts[0]!,
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
