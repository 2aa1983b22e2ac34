import type { DenseShape } from '../masked-dense.ts';
import { activate } from './activate.ts';
import { addProduct } from './add-product.ts';
import { maskedWeights } from './masked-weight.ts';

/**
 * Twin of shaders/masked_dense.wgsl in float64, with the same layouts.
 *
 * @param x [input, image]
 * @param weight [output, input]
 * @param bias [output]
 * @param mask bits of weight
 * @returns [output, image], activated
 */
export function maskedDense(
  shape: DenseShape,
  images: number,
  x: Float64Array,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
  mask: Uint32Array,
): Float64Array {
  const { inputs, outputs, activation } = shape;
  const kept = maskedWeights(weight, mask);
  const y = new Float64Array(outputs * images);
  for (let output = 0; output < outputs; output++) {
    const sum = y.subarray(output * images, (output + 1) * images);
    sum.fill(bias[output]!);
    for (let input = 0; input < inputs; input++) {
      addProduct(sum, kept[output * inputs + input]!, x, input * images);
    }
    for (let image = 0; image < images; image++) sum[image] = activate(activation, sum[image]!);
  }
  return y;
}
