/** Images split into batches in a runtime's memory. */
import type { Digits, Labels } from './digits.ts';
import type { Runtime } from './runtime.ts';

export interface Batch<Activations> {
  /** Class of each image. */
  readonly labels: Labels;
  readonly activations: Activations;
}

/**
 * The images as batches of `size` images and one rest, their activations at `depth` under the runtime's current masks.
 * Batches share the memory of the images.
 */
export async function makeBatches<Activations>(
  runtime: Runtime<Activations>,
  digits: Digits,
  size: number,
  depth: number,
): Promise<readonly Batch<Activations>[]> {
  const batches: Batch<Activations>[] = [];
  for (const { labels, activations: images } of uploadBatches(runtime, digits, size)) {
    const activations = depth === 0 ? images : await runtime.runPrefix(depth, images);
    if (depth > 0) runtime.free(images);
    batches.push({ labels, activations });
  }
  return batches;
}

/** The images as batches of `size` images and one rest. They share the memory of the images. */
export function uploadBatches<Activations>(
  runtime: Pick<Runtime<Activations>, 'upload'>,
  { count, size: pixelsOfImage, pixels, labels }: Digits,
  size: number,
): readonly Batch<Activations>[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => {
    const [first, end] = [i * size, Math.min((i + 1) * size, count)];
    const images = pixels.subarray(first * pixelsOfImage, end * pixelsOfImage);
    return { labels: labels.subarray(first, end), activations: runtime.upload(images, end - first) };
  });
}

/** Indices of images in the order of the set. */
export function naturalOrder(images: number): Uint32Array {
  return Uint32Array.from({ length: images }, (_, image) => image);
}

/** Indices of images by falling loss; the loss of each is given in the order of the set. */
export function highestLossFirst(losses: Uint32Array): Uint32Array {
  return naturalOrder(losses.length).sort((a, b) => losses[b]! - losses[a]! || a - b);
}
