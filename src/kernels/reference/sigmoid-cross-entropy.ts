import type { OutputsShape } from '../loss-spec.ts';
import { MAX_LOSS, LOSS_UNITS, type LossSum } from '../loss-sum.ts';
import { QUAD, quadsOf } from '../spec.ts';

/**
 * Float64 twin of shaders/sigmoid_cross_entropy.wgsl.
 *
 * @param logits [output, quad, 4]; the padding after the last image is ignored
 * @param targets [image, output], 1 or 0
 * @param losses [image], set to each image's loss in `LOSS_UNITS`
 */
export function sigmoidCrossEntropy(
  { outputs }: OutputsShape,
  images: number,
  logits: Float64Array,
  targets: ArrayLike<number>,
  losses: Uint32Array = new Uint32Array(images),
): LossSum {
  const stride = quadsOf(images) * QUAD;
  let units = 0;
  let correct = 0;
  for (let image = 0; image < images; image++) {
    let sum = 0;
    for (let output = 0; output < outputs; output++) {
      const logit = logits[output * stride + image]!;
      const isOne = targets[image * outputs + output]! !== 0;
      sum += Math.max(isOne ? -logit : logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)));
      if (logit > 0 === isOne) correct++;
    }
    losses[image] = Math.round(Math.min(sum / outputs, MAX_LOSS) * LOSS_UNITS);
    units += losses[image]!;
  }
  return { units, correct };
}
