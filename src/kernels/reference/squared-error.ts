import type { OutputsShape } from '../loss-spec.ts';
import { MAX_LOSS, LOSS_UNITS, type LossSum } from '../loss-sum.ts';
import { QUAD, quadsOf } from '../spec.ts';

/**
 * Float64 twin of shaders/squared_error.wgsl.
 *
 * @param scale 1 / (outputs * variance of the targets)
 * @param y [output, quad, 4]; the padding after the last image is ignored
 * @param targets [image, output]
 * @param losses [image], set to each image's loss in `LOSS_UNITS`
 */
export function squaredError(
  { outputs, scale }: OutputsShape & { readonly scale: number },
  images: number,
  y: Float64Array,
  targets: ArrayLike<number>,
  losses: Uint32Array = new Uint32Array(images),
): LossSum {
  const stride = quadsOf(images) * QUAD;
  let units = 0;
  for (let image = 0; image < images; image++) {
    let sum = 0;
    for (let output = 0; output < outputs; output++) {
      sum += (y[output * stride + image]! - targets[image * outputs + output]!) ** 2;
    }
    losses[image] = Math.round(Math.min(sum * scale, MAX_LOSS) * LOSS_UNITS);
    units += losses[image]!;
  }
  return { units, correct: 0 };
}
