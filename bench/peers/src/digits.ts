/** The images as every runtime reads them. */
import type { ImageSet, Model } from 'masksearch';
import { loadMnist } from 'masksearch/node';

/** Class of each image. */
export type Labels = NonNullable<ImageSet['labels']>;

/** Labelled images, normalised as the model expects them. */
export interface Digits {
  readonly count: number;
  /** Pixels of one image. */
  readonly size: number;
  /** [image, channel, row, column]. */
  readonly pixels: Float32Array;
  /** Class of each image. */
  readonly labels: Labels;
}

/** The bundled 10,000 digits: those to train on, to search with and to test, in this order. */
export async function allImages(): Promise<ImageSet> {
  const { train, search, test } = await loadMnist();
  const parts = [train, search, test];
  return {
    ...search,
    count: parts.reduce((sum, { count }) => sum + count, 0),
    pixels: concatenate(parts.map(({ pixels }) => pixels)),
    labels: concatenate(parts.map(({ labels }) => labels)),
  };
}

/** Of a model with one mean and standard deviation for all channels. */
export function normalized(images: ImageSet, { normalization }: Model): Digits {
  const [mean, std] = [Number(normalization.mean), Number(normalization.std)];
  const { count, labels } = images;
  const pixels = new Float32Array(images.pixels.length);
  images.pixels.forEach((byte, i) => (pixels[i] = (byte / 255 - mean) / std));
  return { count, size: pixels.length / count, pixels, labels: labels! };
}

/** Writes the images of these indices, in this order, over those of `target`, a set of as many. */
export function reorder({ size, pixels, labels }: Digits, order: Uint32Array, target: Digits): void {
  order.forEach((image, i) => {
    target.pixels.set(pixels.subarray(image * size, (image + 1) * size), i * size);
    target.labels[i] = labels[image]!;
  });
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
