/** Image sets as network inputs: checks, pixel normalisation, and the layout that kernels read. */
import type { ImageSet } from '../data/dataset.ts';
import { QUAD, quadsOf } from '../kernels/spec.ts';
import { MasksearchError } from '../core/error.ts';
import type { Model } from '../network/model.ts';
import { classesOf } from '../network/fuse.ts';
import { shapeText } from '../network/shapes.ts';

/** Throws 'bad-input' unless the images fit the network's input and the labels its classes. */
export function checkImages(model: Model, images: ImageSet): void {
  const { height, width } = images;
  const { count, pixels, labels } = images;
  if (!(Number.isSafeInteger(count) && count >= 1)) {
    throw new MasksearchError('bad-input', `the image set has ${count} images`, 'pass at least one image');
  }
  if (shapeText([1, height, width]) !== shapeText(model.network.input)) {
    throw new MasksearchError(
      'bad-input',
      `the images are ${shapeText([1, height, width])}, the network takes ${shapeText(model.network.input)}`,
      'use images of that size',
    );
  }
  if (pixels.length < count * height * width || labels.length < count) {
    throw new MasksearchError(
      'bad-input',
      `the image set has ${pixels.length} pixels and ${labels.length} labels for ${count} images`,
      'pass all of them',
    );
  }
  const classes = classesOf(model.network);
  for (let i = 0; i < images.count; i++) {
    if (images.labels[i]! >= classes) {
      throw new MasksearchError(
        'bad-input',
        `the label of image ${i} is ${images.labels[i]}, the network has classes 0 to ${classes - 1}`,
        'use images of those classes',
      );
    }
  }
}

/**
 * The network's input for each pixel value: [256] float32. Every backend uses this table, so that all start from the
 * same bits.
 */
export function normalizedBytes({
  normalization: { mean, std },
}: Pick<Model, 'normalization'>): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean) / std);
}

/**
 * The network's input for `count` images from `first` on: [row, column, quad, 4] float32, the last quad padded with
 * zeros.
 */
export function imagesInnermost(
  model: Model,
  images: ImageSet,
  first = 0,
  count = images.count,
): Float32Array {
  const size = images.height * images.width;
  const stride = quadsOf(count) * QUAD;
  const normalized = normalizedBytes(model);
  const x = new Float32Array(size * stride);
  for (let image = 0; image < count; image++) {
    const pixels = images.pixels.subarray((first + image) * size, (first + image + 1) * size);
    pixels.forEach((byte, i) => (x[i * stride + image] = normalized[byte]!));
  }
  return x;
}
