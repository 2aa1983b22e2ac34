/**
 * The patches that a convolution multiplies with its weights, [pixel, tap]: a pixel is one position of the output, a tap one
 * (in, ky, kx) of a group. They are read out of the padded images through tables of offsets, without a copy.
 */
import type { ConvShape } from '../../kernels/masked-conv2d.ts';
import { placesOf } from '../../kernels/window.ts';
import { offsets } from '../multiply.ts';

export type PatchShape = Pick<
  ConvShape,
  'inChannels' | 'inHeight' | 'inWidth' | 'groups' | 'kernel' | 'stride' | 'padding' | 'dilation'
>;

export interface Patches {
  readonly pixels: number;
  readonly taps: number;
  /** Elements of one padded image, [channel, row, column]. */
  readonly paddedSize: number;
  /** Offsets in the channels of a group of a padded image: element (pixel, tap) is at the sum of both. */
  readonly pixelOffsets: Int32Array;
  readonly tapOffsets: Int32Array;
  /** Writes an image, [channel, row, column], into the middle of its padded copy; the border is not written. */
  pad(image: Float64Array, padded: Float64Array): void;
  /** Adds the gradient of every patch, [tap, pixel], to the pixels of a group's channels that it covers; padding is skipped. */
  fold(patchGradient: Float64Array, image: Float64Array): void;
}

export function patchesOf(shape: PatchShape): Patches {
  const { inChannels, inHeight, inWidth, groups, kernel, stride, padding, dilation } = shape;
  const [outHeight, outWidth] = placesOf(inHeight, inWidth, shape);
  const [top, left, bottom, right] = padding;
  const paddedHeight = top + inHeight + bottom;
  const paddedWidth = left + inWidth + right;
  const pixels = outHeight * outWidth;
  const area = kernel[0] * kernel[1];
  const taps = (inChannels / groups) * area;
  const tapOf = (tap: number) => ({
    channel: Math.floor(tap / area),
    row: (Math.floor(tap / kernel[1]) % kernel[0]) * dilation[0],
    column: (tap % kernel[1]) * dilation[1],
  });

  return {
    pixels,
    taps,
    paddedSize: inChannels * paddedHeight * paddedWidth,
    pixelOffsets: Int32Array.from(
      offsets(pixels, 1),
      (p) => Math.floor(p / outWidth) * stride[0] * paddedWidth + (p % outWidth) * stride[1],
    ),
    tapOffsets: Int32Array.from(offsets(taps, 1), (tap) => {
      const { channel, row, column } = tapOf(tap);
      return (channel * paddedHeight + row) * paddedWidth + column;
    }),

    pad(image, padded) {
      for (let channel = 0; channel < inChannels; channel++) {
        for (let y = 0; y < inHeight; y++) {
          const from = (channel * inHeight + y) * inWidth;
          const to = (channel * paddedHeight + y + top) * paddedWidth + left;
          for (let x = 0; x < inWidth; x++) padded[to + x] = image[from + x]!;
        }
      }
    },

    fold(patchGradient, image) {
      for (let tap = 0; tap < taps; tap++) {
        const { channel, row, column } = tapOf(tap);
        // The outputs whose window has this tap over the image.
        const first = Math.max(0, Math.ceil((left - column) / stride[1]));
        const end = Math.min(outWidth, Math.floor((inWidth - 1 + left - column) / stride[1]) + 1);
        for (let y = 0; y < outHeight; y++) {
          const inRow = y * stride[0] + row - top;
          if (inRow < 0 || inRow >= inHeight) continue;
          const from = tap * pixels + y * outWidth;
          const to = (channel * inHeight + inRow) * inWidth + column - left;
          for (let x = first; x < end; x++) image[to + x * stride[1]]! += patchGradient[from + x]!;
        }
      }
    },
  };
}
