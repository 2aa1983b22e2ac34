import { convSizes, type ConvShape } from '../masked-conv2d.ts';
import { QUAD } from '../spec.ts';
import { activate } from './activate.ts';
import { maskedWeights } from './masked-weight.ts';

/**
 * Twin of shaders/masked_conv2d.wgsl in float64, with the same layouts: images innermost, padded to quads.
 *
 * @param quads images / 4
 * @param x [in_channel, row, column, quad, 4]
 * @param weight [out_channel, in_channel, kernel_row, kernel_column]
 * @param bias [out_channel]
 * @param mask bits of weight
 * @returns [out_channel, row, column, quad, 4], activated and pooled
 */
export function maskedConv2d(
  shape: ConvShape,
  quads: number,
  x: Float64Array,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
  mask: Uint32Array,
): Float64Array {
  const { inChannels, inHeight, inWidth, outChannels, kernel, padding, pool, activation } = shape;
  const { outHeight, outWidth } = convSizes(shape);
  const kept = maskedWeights(weight, mask);
  const stride = quads * QUAD;
  const area = pool * pool;
  const y = new Float64Array(outChannels * outHeight * outWidth * stride);

  for (let image = 0; image < stride; image += QUAD) {
    for (let out = 0; out < outChannels; out++) {
      // Pixels of the convolution, in order of the output pixel that they are averaged into.
      for (let pixel = 0; pixel < outHeight * outWidth * area; pixel++) {
        const target = Math.floor(pixel / area);
        const top = Math.floor(target / outWidth) * pool + (Math.floor(pixel / pool) % pool) - padding;
        const left = (target % outWidth) * pool + (pixel % pool) - padding;
        // The part of the kernel over the image; the padding around it contributes nothing.
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
