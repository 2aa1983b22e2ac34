import { convSizes, type ConvShape } from '../masked-conv2d.ts';
import { activate } from './activate.ts';
import { addProduct } from './add-product.ts';
import { maskedWeights } from './masked-weight.ts';

/**
 * Twin of shaders/masked_conv2d.wgsl in float64, with the same layouts.
 *
 * @param x [in_channel, row, column, image]
 * @param weight [out_channel, in_channel, kernel_row, kernel_column]
 * @param bias [out_channel]
 * @param mask bits of weight
 * @returns [out_channel, row, column, image], activated and pooled
 */
export function maskedConv2d(
  shape: ConvShape,
  images: number,
  x: Float64Array,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
  mask: Uint32Array,
): Float64Array {
  const { inChannels, inHeight, inWidth, outChannels, kernel, padding, pool, activation } = shape;
  const { outHeight, outWidth } = convSizes(shape);
  const kept = maskedWeights(weight, mask);
  const y = new Float64Array(outChannels * outHeight * outWidth * images);
  /** The convolution at one pixel for every image, before the activation. */
  const sum = new Float64Array(images);

  for (let out = 0; out < outChannels; out++) {
    for (let pixel = 0; pixel < outHeight * outWidth * pool * pool; pixel++) {
      // Pixels of the convolution in order of the output pixel they are averaged into.
      const target = Math.floor(pixel / (pool * pool));
      const row = Math.floor(target / outWidth) * pool + (Math.floor(pixel / pool) % pool);
      const column = (target % outWidth) * pool + (pixel % pool);
      sum.fill(bias[out]!);
      for (let channel = 0; channel < inChannels; channel++) {
        for (let ky = 0; ky < kernel; ky++) {
          for (let kx = 0; kx < kernel; kx++) {
            const inRow = row + ky - padding;
            const inColumn = column + kx - padding;
            if (inRow < 0 || inRow >= inHeight || inColumn < 0 || inColumn >= inWidth) continue;
            const w = kept[((out * inChannels + channel) * kernel + ky) * kernel + kx]!;
            addProduct(sum, w, x, ((channel * inHeight + inRow) * inWidth + inColumn) * images);
          }
        }
      }
      const first = (out * outHeight * outWidth + target) * images;
      for (let image = 0; image < images; image++) {
        y[first + image]! += activate(activation, sum[image]!) / (pool * pool);
      }
    }
  }
  return y;
}
