import type { DenseShape } from '../masked-dense.ts';
import { QUAD } from '../spec.ts';
import { activate } from './activation.ts';
import { maskedWeights, type LayerOperands } from './weights-tile.ts';

/**
 * Float64 twin of shaders/masked_dense.wgsl, with the same layouts: images innermost, padded to quads.
 *
 * @param quads number of images / 4, rounded up
 * @param x [input, quad, 4]
 * @returns [output, quad, 4], activated
 */
export function maskedDense(
  shape: DenseShape,
  quads: number,
  x: Float64Array,
  operands: LayerOperands,
): Float64Array {
  const { inputs, outputs } = shape;
  const { bias } = operands;
  const kept = maskedWeights(operands);
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
      y[i] = activate(shape, sum0);
      y[i + 1] = activate(shape, sum1);
      y[i + 2] = activate(shape, sum2);
      y[i + 3] = activate(shape, sum3);
    }
  }
  return y;
}
