/** The three sets of images: training, search (tuning and validation images are drawn from it) and test. */
import seedrandom from 'seedrandom';
import { MasksearchError } from '../core/error.ts';
import { shuffledIndices } from '../core/shuffle.ts';
import { imageShape, pickImages, sliceImages, type ImageSet } from './dataset.ts';

export interface Splits<Set extends ImageSet = ImageSet> {
  readonly train: Set;
  readonly search: Set;
  readonly test: Set;
}

export const DEFAULT_SPLIT_SEED = '0';

const MNIST_TRAIN = 6000;
const MNIST_SEARCH = 2000;
const MNIST_TEST = 2000;

/** In standard deviations: a fair shuffle exceeds it less than once in a million seeds. */
const MAX_DEVIATIONS = 6;

/**
 * Shuffles the 10,000 bundled MNIST images, which come class by class, into 6,000 training, 2,000 search and 2,000
 * test images; equal seeds give equal splits. Throws 'bad-input' for another number of images or if the classes of a split
 * are not about as frequent as in the whole set.
 */
export function splitMnist<Set extends ImageSet>(all: Set, splitSeed = DEFAULT_SPLIT_SEED): Splits<Set> {
  const total = MNIST_TRAIN + MNIST_SEARCH + MNIST_TEST;
  if (all.count !== total) {
    throw new MasksearchError(
      'bad-input',
      `there are ${all.count} images to split, only ${total} are allowed`,
      'pass the bundled images',
    );
  }
  const order = splitOrder(total, splitSeed);
  const splits: Splits<Set> = {
    train: pickImages(all, order.subarray(0, MNIST_TRAIN)),
    search: pickImages(all, order.subarray(MNIST_TRAIN, MNIST_TRAIN + MNIST_SEARCH)),
    test: pickImages(all, order.subarray(MNIST_TRAIN + MNIST_SEARCH)),
  };
  for (const name of ['train', 'search', 'test'] as const) checkClassBalance(name, splits[name], all);
  return splits;
}

/**
 * Splits in file order: the first 80 % of the training images (rounded down) for training, the rest for search, the
 * test images for test. Throws 'bad-input' for fewer than 2 training images, two image sizes, or bytes beside other numbers.
 */
export function splitTraining(training: ImageSet, test: ImageSet): Splits {
  if (training.count < 2) {
    throw new MasksearchError(
      'bad-input',
      `there is ${training.count} training image, at least 2 are needed`,
      'use more images',
    );
  }
  const [found, allowed] = [test, training].map((set) => imageShape(set).join(' x '));
  if (found !== allowed) {
    throw new MasksearchError(
      'bad-input',
      `the test images are ${found}, the training images allow only ${allowed}`,
      'use files of one data set',
    );
  }
  if (training.pixels instanceof Uint8Array !== test.pixels instanceof Uint8Array) {
    throw new MasksearchError(
      'bad-input',
      'of the training and test images one set is bytes and one is other numbers, which are scaled differently',
      'store both with the same type',
    );
  }
  const cut = Math.floor((training.count * 4) / 5);
  return { train: sliceImages(training, 0, cut), search: sliceImages(training, cut, training.count), test };
}

/**
 * Splits a single set in halves for search and test, shuffled and stratified: of every class, one half has at most one image more than the
 * other. The training split is the search half. Images without labels count as of one class. Throws 'bad-input' for fewer
 * than 2 images.
 */
export function splitInHalf(all: ImageSet, splitSeed = DEFAULT_SPLIT_SEED): Splits {
  if (all.count < 2) {
    throw new MasksearchError(
      'bad-input',
      `there is ${all.count} image to split, at least 2 are needed`,
      'use more images',
    );
  }
  const order = splitOrder(all.count, splitSeed);
  // Counted on from class to class, every other image is for search.
  const places = firstPlaces(countClasses(all));
  const isSearch = new Uint8Array(all.count);
  for (const image of order) isSearch[image] = 1 - (places[all.labels?.[image] ?? 0]!++ % 2);
  const search = pickImages(
    all,
    order.filter((image) => isSearch[image] === 1),
  );
  const test = pickImages(
    all,
    order.filter((image) => isSearch[image] === 0),
  );
  return { train: search, search, test };
}

/** The images in the random order that a split seed gives. */
function splitOrder(count: number, splitSeed: string): Uint32Array {
  const random = seedrandom.alea(`masksearch/split/${splitSeed}`);
  return shuffledIndices(count, (bound) => drawBelow(bound, random));
}

/** A whole number from 0 to bound - 1. Draws again above the last full multiple of `bound`, which would favour small ones. */
function drawBelow(bound: number, random: seedrandom.PRNG): number {
  const fair = 2 ** 32 - (2 ** 32 % bound);
  for (;;) {
    const word = random.int32() >>> 0;
    if (word < fair) return word % bound;
  }
}

/**
 * Throws 'bad-input' if the number of images of a class in `part` is more than 6 standard deviations from its expectation under
 * drawing without replacement from `all` (the hypergeometric distribution).
 */
export function checkClassBalance(name: string, part: ImageSet, all: ImageSet): void {
  const inPart = countClasses(part);
  countClasses(all).forEach((members, label) => {
    const share = members / all.count;
    const expected = (part.count * members) / all.count;
    const rest = (all.count - part.count) / Math.max(1, all.count - 1);
    const allowed = MAX_DEVIATIONS * Math.sqrt(part.count * share * (1 - share) * rest);
    if (Math.abs((inPart[label] ?? 0) - expected) > allowed) {
      throw new MasksearchError(
        'bad-input',
        `the ${name} images hold ${inPart[label] ?? 0} of class ${label}, ${expected.toFixed(0)} give or take ${allowed.toFixed(0)} are allowed`,
        'use another split seed',
      );
    }
  });
}

/** For each class, the number of images in all classes before it. */
function firstPlaces(counts: readonly number[]): number[] {
  let before = 0;
  return counts.map((count) => (before += count) - count);
}

/** By class; all images are of class 0 if they have no labels. */
function countClasses({ labels, count }: ImageSet): number[] {
  if (!labels) return [count];
  const counts: number[] = [];
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return Array.from(counts, (count) => count ?? 0);
}
