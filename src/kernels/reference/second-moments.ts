import { momentsSizes, type MomentsShape } from '../second-moments.ts';
import { QUAD, quadsOf } from '../spec.ts';

/**
 * Float64 twin of shaders/second_moments.wgsl, with the same layouts: images innermost, padded to quads. Adds to `sums` the products of every
 * input of x with every input of y, over all images and places of the window.
 *
 * @param images number of images
 * @param x [channel, row, column, quad, 4]; what the last quad is padded with does not count
 * @param y likewise
 * @param sums [group, input of x, input of y]
 */
export function secondMoments(
  shape: MomentsShape,
  images: number,
  x: Float64Array,
  y: Float64Array,
  sums: Float64Array,
): void {
  const { groups } = shape;
  const { size, rows, columns } = momentsSizes(shape);
  const stride = quadsOf(images) * QUAD;
  const ones = new Float64Array(images).fill(1);
  for (let group = 0; group < groups; group++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const pixels = pixelsUnder(shape, group, row, column);
        const inputsOf = (tensor: Float64Array) => [
          ...pixels.map((pixel) => pixel && tensor.subarray(pixel.at * stride, pixel.at * stride + images)),
          ones,
        ];
        const [a, b] = [inputsOf(x), inputsOf(y)];
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) sums[(group * size + i) * size + j]! += productOf(a[i], b[j]);
        }
      }
    }
  }
}

/** For each input under one place of the window, which pixel it is; undefined in the padding. */
function pixelsUnder(shape: MomentsShape, group: number, row: number, column: number) {
  const { kernel, stride, padding, dilation, inHeight, inWidth } = shape;
  const { groupChannels } = momentsSizes(shape);
  const pixels: ({ readonly at: number } | undefined)[] = [];
  for (let channel = group * groupChannels; channel < (group + 1) * groupChannels; channel++) {
    for (let ky = 0; ky < kernel[0]; ky++) {
      for (let kx = 0; kx < kernel[1]; kx++) {
        const down = row * stride[0] - padding[0] + ky * dilation[0];
        const across = column * stride[1] - padding[1] + kx * dilation[1];
        const isInside = down >= 0 && across >= 0 && down < inHeight && across < inWidth;
        pixels.push(isInside ? { at: (channel * inHeight + down) * inWidth + across } : undefined);
      }
    }
  }
  return pixels;
}

/** The inner product over images; 0 if one of them is padding. */
function productOf(a: Float64Array | undefined, b: Float64Array | undefined): number {
  if (!a || !b) return 0;
  let sum = 0;
  for (let image = 0; image < a.length; image++) sum += a[image]! * b[image]!;
  return sum;
}
