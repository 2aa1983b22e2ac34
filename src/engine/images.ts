/** Image sets as network inputs: checks, pixel normalisation, and the layout that kernels read. */
import { MasksearchError } from '../core/error.ts';
import { imageShape, pixelsPerImage, type ImageSet } from '../data/dataset.ts';
import { ACTIVATION_LIMIT, QUAD, quadsOf } from '../kernels/spec.ts';
import { normalizationOf, type Model } from '../network/model.ts';
import type { Shape } from '../network/network.ts';
import { shapeText } from '../network/shapes.ts';

/** Throws 'bad-input' unless the images fit the network's input. */
export function checkImages(model: Model, images: ImageSet): void {
  const { count, pixels } = images;
  if (!(Number.isSafeInteger(count) && count >= 1)) {
    throw new MasksearchError('bad-input', `the image set has ${count} images`, 'pass at least one image');
  }
  const shape = imageShape(images);
  if (shapeText(shape) !== shapeText(asImage(model.network.input))) {
    throw new MasksearchError(
      'bad-input',
      `the images are ${shapeText(shape)}, the network takes ${shapeText(model.network.input)}`,
      'use images of that size',
    );
  }
  if (pixels.length < count * pixelsPerImage(images)) {
    throw new MasksearchError(
      'bad-input',
      `the image set has ${pixels.length} pixels for ${count} images`,
      'pass all of them',
    );
  }
  if (pixels instanceof Float32Array) checkMagnitudes(model, images);
}

/** Throws 'bad-input' for numbers that may be more than `ACTIVATION_LIMIT` after normalisation, and for NaN: sums of them may overflow. */
function checkMagnitudes({ network, normalization }: Model, images: ImageSet): void {
  const { scale = 1 } = normalization;
  const limits = Array.from({ length: network.input[0]! }, (_, c) => {
    const { mean, std } = normalizationOf(normalization, c);
    return (ACTIVATION_LIMIT * std - Math.abs(mean)) / scale;
  });
  const limit = Math.min(...limits);
  const size = pixelsPerImage(images);
  // A loop, since there may be a hundred million pixels, and findIndex takes ten times as long.
  let at = 0;
  while (at < images.count * size && Math.abs(images.pixels[at]!) <= limit) at++;
  if (at === images.count * size) return;
  throw new MasksearchError(
    'bad-input',
    `image ${Math.floor(at / size)} holds ${images.pixels[at]} at index ${at % size}, magnitudes up to ${limit} are allowed`,
    'remove that image, or replace the number',
  );
}

/** Features are channels of one pixel. */
function asImage(shape: Shape): Shape {
  return shape.length === 1 ? [...shape, 1, 1] : shape;
}

/**
 * The network's input for each value of a byte: [channel, 256] float32. Every backend uses this table, so that all start from the
 * same bits.
 */
export function normalizedBytes({
  network,
  normalization,
}: Pick<Model, 'network' | 'normalization'>): Float32Array {
  const { scale } = normalization;
  return Float32Array.from({ length: network.input[0]! * 256 }, (_, i) => {
    const { mean, std } = normalizationOf(normalization, Math.floor(i / 256));
    const byte = i % 256;
    return ((scale === undefined ? byte / 255 : byte * scale) - mean) / std;
  });
}

/**
 * The network's input for `count` images from `first` on: [channel, row, column, quad, 4] float32, the last quad padded with
 * zeros.
 */
export function imagesInnermost(
  model: Model,
  images: ImageSet,
  first = 0,
  count = images.count,
): Float32Array {
  const size = pixelsPerImage(images);
  const stride = quadsOf(count) * QUAD;
  const normalized = normalizer(model, images);
  const x = new Float32Array(size * stride);
  for (let image = 0; image < count; image++) {
    const start = (first + image) * size;
    for (let i = 0; i < size; i++) x[i * stride + image] = normalized(images.pixels[start + i]!, i);
  }
  return x;
}

/** Turns a pixel of these images, with its index in the image, into what the network gets. */
export function normalizer(
  model: Pick<Model, 'network' | 'normalization'>,
  images: Pick<ImageSet, 'channels' | 'height' | 'width' | 'pixels'>,
): (pixel: number, index: number) => number {
  const area = images.height * images.width;
  if (images.pixels instanceof Uint8Array) {
    const table = normalizedBytes(model);
    return (pixel, index) => table[Math.floor(index / area) * 256 + pixel]!;
  }
  const { scale = 1 } = model.normalization;
  const channels = Array.from({ length: images.channels ?? 1 }, (_, c) =>
    normalizationOf(model.normalization, c),
  );
  return (pixel, index) => {
    const { mean, std } = channels[Math.floor(index / area)]!;
    return Math.fround((pixel * scale - mean) / std);
  };
}
