/**
 * The patches that a convolution multiplies with its weights, [pixel, tap]: a pixel is one position of the output before pooling, a tap
 * one (in, ky, kx). They are read out of the padded images through tables of offsets, without a copy.
 */
import { convSizes, type ConvShape } from '../kernels/masked-conv2d.ts';
import { offsets } from './multiply.ts';

export interface Patches {
  readonly pixels: number;
  readonly taps: number;
  /** Elements of one padded image, [channel, row, column]. */
  readonly paddedSize: number;
  /** Offsets in a padded image: element (pixel, tap) is at the sum of both. */
  readonly pixelOffsets: Int32Array;
  readonly tapOffsets: Int32Array;
  /** Writes an image, [channel, row, column], into the middle of its padded copy; the border is not written. */
  pad(image: Float64Array, padded: Float64Array): void;
  /** Adds the gradient of every patch, [tap, pixel], to the pixels of the image that it covers; padding is skipped. */
  fold(patchGradient: Float64Array, image: Float64Array): void;
}

export function patchesOf(shape: ConvShape): Patches {
  const {
    inChannels,
    inHeight,
    inWidth,
    kernel: [kernel],
    padding: [padding],
  } = shape;
  const { convHeight, convWidth } = convSizes(shape);
  const paddedHeight = inHeight + 2 * padding;
  const paddedWidth = inWidth + 2 * padding;
  const pixels = convHeight * convWidth;
  const taps = inChannels * kernel * kernel;
  const tapOf = (tap: number) => ({
    channel: Math.floor(tap / (kernel * kernel)),
    ky: Math.floor(tap / kernel) % kernel,
    kx: tap % kernel,
  });

  return {
    pixels,
    taps,
    paddedSize: inChannels * paddedHeight * paddedWidth,
    pixelOffsets: Int32Array.from(
      offsets(pixels, 1),
      (p) => Math.floor(p / convWidth) * paddedWidth + (p % convWidth),
    ),
    tapOffsets: Int32Array.from(offsets(taps, 1), (tap) => {
      const { channel, ky, kx } = tapOf(tap);
      return (channel * paddedHeight + ky) * paddedWidth + kx;
    }),

    pad(image, padded) {
      for (let channel = 0; channel < inChannels; channel++) {
        for (let y = 0; y < inHeight; y++) {
          const from = (channel * inHeight + y) * inWidth;
          const to = (channel * paddedHeight + y + padding) * paddedWidth + padding;
          for (let x = 0; x < inWidth; x++) padded[to + x] = image[from + x]!;
        }
      }
    },

    fold(patchGradient, image) {
      for (let tap = 0; tap < taps; tap++) {
        const { channel, ...corner } = tapOf(tap);
        const [ky, kx] = [corner.ky - padding, corner.kx - padding];
        const left = Math.max(0, -kx);
        const right = Math.min(convWidth, inWidth - kx);
        for (let y = Math.max(0, -ky); y < Math.min(convHeight, inHeight - ky); y++) {
          const from = tap * pixels + y * convWidth;
          const to = (channel * inHeight + y + ky) * inWidth + kx;
          for (let x = left; x < right; x++) image[to + x]! += patchGradient[from + x]!;
        }
      }
    },
  };
}
