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
  return (source: WindowSource, row: number, column: number, image: number): void => {
    const { x, images, weights, first, channels, bias } = source;
    const top = row * stride[0] - padding[0];
    const left = column * stride[1] - padding[1];
    let sum0 = bias;
    let sum1 = bias;
    let sum2 = bias;
    let sum3 = bias;
    for (let channel = 0; channel < channels; channel++) {
      for (let ky = 0; ky < height; ky++) {
        const inRow = top + ky * dilation[0];
        if (inRow < 0 || inRow >= inHeight) continue;
        for (let kx = 0; kx < width; kx++) {
          const inColumn = left + kx * dilation[1];
          if (inColumn < 0 || inColumn >= inWidth) continue;
          const w = weights[(channel * height + ky) * width + kx]!;
          const i = (((first + channel) * inHeight + inRow) * inWidth + inColumn) * images + image;
          sum0 += w * x[i]!;
          sum1 += w * x[i + 1]!;
          sum2 += w * x[i + 2]!;
          sum3 += w * x[i + 3]!;
        }
      }
    }
    sums[0] = sum0;
    sums[1] = sum1;
    sums[2] = sum2;
    sums[3] = sum3;
  };
}
