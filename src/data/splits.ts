/** The three sets of images: training, search (tuning and validation images are drawn from it) and test. */
import seedrandom from 'seedrandom';
import { MasksearchError } from '../core/error.ts';
import { shuffledIndices } from '../core/shuffle.ts';
import type { ImageSet } from './dataset.ts';

export interface Splits {
  readonly train: ImageSet;
  readonly search: ImageSet;
  readonly test: ImageSet;
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
export function splitMnist(all: ImageSet, splitSeed = DEFAULT_SPLIT_SEED): Splits {
  const total = MNIST_TRAIN + MNIST_SEARCH + MNIST_TEST;
  if (all.count !== total) {
    throw new MasksearchError(
      'bad-input',
      `there are ${all.count} images to split, only ${total} are allowed`,
      'pass the bundled images',
    );
  }
  const random = seedrandom.alea(`masksearch/split/${splitSeed}`);
  const order = shuffledIndices(total, (bound) => drawBelow(bound, random));
  const splits: Splits = {
    train: pickImages(all, order.subarray(0, MNIST_TRAIN)),
    search: pickImages(all, order.subarray(MNIST_TRAIN, MNIST_TRAIN + MNIST_SEARCH)),
    test: pickImages(all, order.subarray(MNIST_TRAIN + MNIST_SEARCH)),
  };
  for (const name of ['train', 'search', 'test'] as const) checkClassBalance(name, splits[name], all);
  return splits;
}

/**
 * Splits in file order: the first 80 % of the training images (rounded down) for training, the rest for search, the
 * test images for test. Throws 'bad-input' for fewer than 2 training images or two image sizes.
 */
export function splitTraining(training: ImageSet, test: ImageSet): Splits {
  if (training.count < 2) {
    throw new MasksearchError(
      'bad-input',
      `there is ${training.count} training image, at least 2 are needed`,
      'use more images',
    );
  }
  if (training.height !== test.height || training.width !== test.width) {
    throw new MasksearchError(
      'bad-input',
      `the test images have ${test.height} x ${test.width} pixels, the training images allow only ${training.height} x ${training.width}`,
      'use files of one data set',
    );
  }
  const cut = Math.floor((training.count * 4) / 5);
  return { train: sliceImages(training, 0, cut), search: sliceImages(training, cut, training.count), test };
}

function sliceImages(set: ImageSet, begin: number, end: number): ImageSet {
  const size = set.height * set.width;
  return {
    ...set,
    count: end - begin,
    pixels: set.pixels.subarray(begin * size, end * size),
    labels: set.labels.subarray(begin, end),
  };
}

function pickImages(set: ImageSet, indices: Uint32Array): ImageSet {
  const size = set.height * set.width;
  const pixels = new Uint8Array(indices.length * size);
  const labels = new Uint8Array(indices.length);
  indices.forEach((from, to) => {
    pixels.set(set.pixels.subarray(from * size, (from + 1) * size), to * size);
    labels[to] = set.labels[from]!;
  });
  return { ...set, count: indices.length, pixels, labels };
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
    if (Math.abs(inPart[label]! - expected) > allowed) {
      throw new MasksearchError(
        'bad-input',
        `the ${name} images hold ${inPart[label]} of class ${label}, ${expected.toFixed(0)} give or take ${allowed.toFixed(0)} are allowed`,
        'use another split seed',
      );
    }
  });
}

function countClasses(set: ImageSet): number[] {
  const counts = Array.from({ length: 10 }, () => 0);
  for (const label of set.labels) counts[label]! += 1;
  return counts;
}
