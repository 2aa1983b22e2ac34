import { convSizes, type ConvShape } from '../masked-conv2d.ts';
import { QUAD } from '../spec.ts';
import { activate } from './activation.ts';
import { maskedWeights, type LayerOperands } from './weights-tile.ts';
import { windowSums } from './window-sum.ts';

/**
 * Float64 twin of shaders/masked_conv2d.wgsl, with the same layouts: images innermost, padded to quads.
 *
 * @param quads number of images / 4, rounded up
 * @param x [in_channel, row, column, quad, 4]
 * @returns [out_channel, row, column, quad, 4], activated and pooled
 */
export function maskedConv2d(
  shape: ConvShape,
  quads: number,
  x: Float64Array,
  operands: LayerOperands,
): Float64Array {
  const { inChannels, outChannels, groups, pool, kernel } = shape;
  const { outHeight, outWidth } = convSizes(shape);
  const kept = maskedWeights(operands);
  const images = quads * QUAD;
  const side = pool === 'none' ? 1 : 2;
  const channels = inChannels / groups;
  const taps = channels * kernel[0] * kernel[1];
  const y = new Float64Array(outChannels * outHeight * outWidth * images).fill(
    pool === 'max' ? -Infinity : 0,
  );
  // A power of two, so that sharing is exact.
  const share = 1 / (side * side);
  const sums = new Float64Array(QUAD);
  const sum = windowSums(shape, sums);
  const sources = Array.from({ length: outChannels }, (_, out) => ({
    ...{ x, images, channels, bias: operands.bias[out]! },
    weights: kept.subarray(out * taps, (out + 1) * taps),
    first: Math.floor(out / (outChannels / groups)) * channels,
  }));

  for (let image = 0; image < images; image += QUAD) {
    sources.forEach((source, out) => {
      // Pixels of the convolution. Those that are pooled into one output pixel follow each other.
      for (let pixel = 0; pixel < outHeight * outWidth * side * side; pixel++) {
        const target = Math.floor(pixel / (side * side));
        const row = Math.floor(target / outWidth) * side + (Math.floor(pixel / side) % side);
        sum(source, row, (target % outWidth) * side + (pixel % side), image);
        const at = (out * outHeight * outWidth + target) * images + image;
        for (let lane = 0; lane < QUAD; lane++) {
          const value = activate(shape, sums[lane]!);
          if (pool === 'max') y[at + lane] = Math.max(y[at + lane]!, value);
          else y[at + lane]! += value * share;
        }
      }
    });
  }
  return y;
}
