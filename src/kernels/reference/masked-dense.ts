import type { DenseShape } from '../masked-dense.ts';
import { QUAD } from '../spec.ts';
import { activate } from './activate.ts';
import { maskedWeights } from './masked-weight.ts';

/**
 * Twin of shaders/masked_dense.wgsl in float64, with the same layouts: images innermost, padded to quads.
 *
 * @param quads images / 4
 * @param x [input, quad, 4]
 * @param weight [output, input]
 * @param bias [output]
 * @param mask bits of weight
 * @returns [output, quad, 4], activated
 */
export function maskedDense(
  shape: DenseShape,
  quads: number,
  x: Float64Array,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
  mask: Uint32Array,
): Float64Array {
  const { inputs, outputs, activation } = shape;
  const kept = maskedWeights(weight, mask);
  const stride = quads * QUAD;
  const y = new Float64Array(outputs * stride);

  for (let image = 0; image < stride; image += QUAD) {
    for (let output = 0; output < outputs; output++) {
      let sum0 = bias[output]!;
      let sum1 = sum0;
      let sum2 = sum0;
      let sum3 = sum0;
      for (let input = 0; input < inputs; input++) {
        const w = kept[output * inputs + input]!;
        const i = input * stride + image;
        sum0 += w * x[i]!;
        sum1 += w * x[i + 1]!;
        sum2 += w * x[i + 2]!;
        sum3 += w * x[i + 3]!;
      }
      const i = output * stride + image;
      y[i] = activate(activation, sum0);
      y[i + 1] = activate(activation, sum1);
      y[i + 2] = activate(activation, sum2);
      y[i + 3] = activate(activation, sum3);
    }
  }
  return y;
}
