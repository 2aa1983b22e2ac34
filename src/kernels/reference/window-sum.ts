import type { Window } from '../window.ts';

/** What a window of a convolution is multiplied with. */
export interface WindowSource {
  /** [channel, row, column, image]. */
  readonly x: Float64Array;
  /** Images, padded to quads. */
  readonly images: number;
  /** [channel, kernel_row, kernel_column] of one output. */
  readonly weights: Float64Array;
  /** The first channel that the output reads, and how many it reads. */
  readonly first: number;
  readonly channels: number;
  readonly bias: number;
}

/** A function that writes the bias plus the products of one output pixel to `sums`, for four images from `image` on. Padding is zero and adds nothing. */
export function windowSums(
  shape: Window & { readonly inHeight: number; readonly inWidth: number },
  sums: Float64Array,
) {
  const { kernel, stride, padding, dilation, inHeight, inWidth } = shape;
  const [height, width] = kernel;
  const [down, across] = dilation;
  return (source: WindowSource, row: number, column: number, image: number): void => {
    const { x, images, weights, first, channels, bias } = source;
    const top = row * stride[0] - padding[0];
    const left = column * stride[1] - padding[1];
    // Only the part of the kernel that lies over the image.
    const firstRow = firstOver(top, down);
    const endRow = Math.min(height, Math.ceil((inHeight - top) / down));
    const firstColumn = firstOver(left, across);
    const endColumn = Math.min(width, Math.ceil((inWidth - left) / across));
    const step = across * images;
    let sum0 = bias;
    let sum1 = bias;
    let sum2 = bias;
    let sum3 = bias;
    for (let channel = 0; channel < channels; channel++) {
      for (let ky = firstRow; ky < endRow; ky++) {
        const kernelRow = (channel * height + ky) * width;
        const imageRow = ((first + channel) * inHeight + top + ky * down) * inWidth + left;
        let i = imageRow * images + firstColumn * step + image;
        for (let kx = firstColumn; kx < endColumn; kx++) {
          const w = weights[kernelRow + kx]!;
          sum0 += w * x[i]!;
          sum1 += w * x[i + 1]!;
          sum2 += w * x[i + 2]!;
          sum3 += w * x[i + 3]!;
          i += step;
        }
      }
    }
    sums[0] = sum0;
    sums[1] = sum1;
    sums[2] = sum2;
    sums[3] = sum3;
  };
}

/** The first place of a kernel that starts at `start` which lies over the image. */
function firstOver(start: number, dilation: number): number {
  return Math.max(0, Math.ceil(-start / dilation));
}
