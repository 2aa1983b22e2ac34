import { depthwiseSizes, type DepthwiseShape } from '../masked-depthwise-conv2d.ts';
import { QUAD } from '../spec.ts';
import { activate } from './activation.ts';
import { maskedWeights, type LayerOperands } from './weights-tile.ts';
import { windowSums } from './window-sum.ts';

/**
 * Float64 twin of shaders/masked_depthwise_conv2d.wgsl.
 *
 * @param quads number of images / 4, rounded up
 * @param x [channel, row, column, quad, 4]
 * @param operands weight [out_channel, kernel_row, kernel_column], bias [out_channel]
 * @returns [out_channel, row, column, quad, 4], activated
 */
export function maskedDepthwiseConv2d(
  shape: DepthwiseShape,
  quads: number,
  x: Float64Array,
  operands: LayerOperands,
): Float64Array {
  const { outChannels, outHeight, outWidth } = depthwiseSizes(shape);
  const kept = maskedWeights(operands);
  const images = quads * QUAD;
  const taps = shape.kernel[0] * shape.kernel[1];
  const y = new Float64Array(outChannels * outHeight * outWidth * images);
  const sums = new Float64Array(QUAD);
  const sum = windowSums(shape, sums);
  for (let out = 0; out < outChannels; out++) {
    const weights = kept.subarray(out * taps, (out + 1) * taps);
    const first = Math.floor(out / shape.multiplier);
    const source = { x, images, weights, first, channels: 1, bias: operands.bias[out]! };
    for (let target = 0; target < outHeight * outWidth; target++) {
      for (let image = 0; image < images; image += QUAD) {
        sum(source, Math.floor(target / outWidth), target % outWidth, image);
        const at = (out * outHeight * outWidth + target) * images + image;
        sums.forEach((value, lane) => (y[at + lane] = activate(shape, value)));
      }
    }
  }
  return y;
}
