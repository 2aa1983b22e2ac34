/** The images of a run: which split, and how many. */
import {
  holdBack,
  joinImages,
  MIN_HELD_BACK,
  takeImages,
  type HeldBack,
  type ImageSet,
} from '../data/dataset.ts';
import type { Splits } from '../data/splits.ts';
import type { Engine } from '../engine/backend.ts';
import { badOption } from '../core/options.ts';

/** What a search compares outputs with: labels, or the probabilities of the unpruned network. */
export const TARGETS = ['labels', 'teacher'] as const;
export type TargetsName = (typeof TARGETS)[number];

export const SPLITS = ['search', 'test', 'train', 'all'] as const;
export type SplitName = (typeof SPLITS)[number];

/** Number of images with which the float64 reference searches in about a minute. With fewer, the loss can be above the first limit. */
export const REFERENCE_IMAGES = 500;

/**
 * The images to search with: the first `wanted`, or all, or on the slow reference backend the first 500. Throws 'bad-input' if there
 * are fewer than `wanted`.
 */
export function affordableImages(
  images: ImageSet,
  wanted: number | undefined,
  split: SplitName,
  engine: Engine | undefined,
): ImageSet {
  const affordable = engine?.device.kind === 'reference' ? REFERENCE_IMAGES : Infinity;
  return firstImages(images, wanted ?? Math.min(images.count, affordable), split);
}

/** `holdBack` for images of which the first `wanted` were asked for, where not undefined: the error names what is too few. */
export function holdBackFrom(images: ImageSet, wanted: number | undefined, split: SplitName): HeldBack {
  if (wanted !== undefined && wanted < MIN_HELD_BACK) {
    const allowed = `at least ${MIN_HELD_BACK}, of which one is held back for validation`;
    throw badOption('images', wanted, allowed, 'use more');
  }
  return holdBack(images, `the ${split} split`);
}

/** Whether a search on this split does not see the test images. */
export function isHeldOut(split: SplitName): boolean {
  return split !== 'test' && split !== 'all';
}

/** The images of a split; `all` has the training, search and test images in this order, each image once. */
export function imagesOfSplit(splits: Splits, name: SplitName): ImageSet {
  if (name !== 'all') return splits[name];
  const { train, search, test } = splits;
  // Of a single set, the same images are for training and search.
  return joinImages(train === search ? [search, test] : [train, search, test]);
}

/** The first `wanted` images, or all. Throws 'bad-input' if there are fewer. */
export function firstImages(images: ImageSet, wanted: number | undefined, split: SplitName): ImageSet {
  if (wanted === undefined) return images;
  if (wanted > images.count) {
    throw badOption(
      'images',
      wanted,
      `at most ${images.count}, the size of the ${split} split`,
      'pass fewer',
    );
  }
  return takeImages(images, wanted);
}
