import { convSizes, type ConvShape } from '../masked-conv2d.ts';
import { QUAD } from '../spec.ts';
import { activate } from './activation.ts';
import { maskedWeights, type LayerOperands } from './weights-tile.ts';

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
  const { inChannels, inHeight, inWidth, outChannels, kernel, padding, pool, activation } = shape;
  const { outHeight, outWidth } = convSizes(shape);
  const { bias } = operands;
  const kept = maskedWeights(operands);
  const stride = quads * QUAD;
  const area = pool * pool;
  const y = new Float64Array(outChannels * outHeight * outWidth * stride);

  for (let image = 0; image < stride; image += QUAD) {
    for (let out = 0; out < outChannels; out++) {
      // Pixels of the convolution. The `area` pixels that are averaged into one output pixel follow each other.
      for (let pixel = 0; pixel < outHeight * outWidth * area; pixel++) {
        const target = Math.floor(pixel / area);
        const top = Math.floor(target / outWidth) * pool + (Math.floor(pixel / pool) % pool) - padding;
        const left = (target % outWidth) * pool + (pixel % pool) - padding;
        // Only the part of the kernel that lies over the image: padding is zero and adds nothing.
        const [firstRow, endRow] = [Math.max(0, -top), Math.min(kernel, inHeight - top)];
        const [firstColumn, endColumn] = [Math.max(0, -left), Math.min(kernel, inWidth - left)];
        let sum0 = bias[out]!;
        let sum1 = sum0;
        let sum2 = sum0;
        let sum3 = sum0;
        for (let channel = 0; channel < inChannels; channel++) {
          for (let ky = firstRow; ky < endRow; ky++) {
            const kernelRow = ((out * inChannels + channel) * kernel + ky) * kernel;
            const imageRow = (channel * inHeight + top + ky) * inWidth + left;
            for (let kx = firstColumn; kx < endColumn; kx++) {
              const w = kept[kernelRow + kx]!;
              const i = (imageRow + kx) * stride + image;
              sum0 += w * x[i]!;
              sum1 += w * x[i + 1]!;
              sum2 += w * x[i + 2]!;
              sum3 += w * x[i + 3]!;
            }
          }
        }
        const i = (out * outHeight * outWidth + target) * stride + image;
        y[i]! += activate(activation, sum0) / area;
        y[i + 1]! += activate(activation, sum1) / area;
        y[i + 2]! += activate(activation, sum2) / area;
        y[i + 3]! += activate(activation, sum3) / area;
      }
    }
  }
  return y;
}
