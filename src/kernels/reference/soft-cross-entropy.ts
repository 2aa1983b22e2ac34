import { MAX_LOSS, LOSS_UNITS, type LossSum } from '../loss-sum.ts';
import type { SoftmaxShape } from '../softmax-cross-entropy.ts';
import { QUAD, quadsOf } from '../spec.ts';

/**
 * Float64 twin of shaders/soft_cross_entropy.wgsl.
 *
 * @param logits [class, quad, 4]; the padding after the last image is ignored
 * @param targets [image, 1 + class]: the class of the image, then a probability of each class; they sum to 1
 * @param losses [image], set to each image's loss in `LOSS_UNITS`
 */
export function softCrossEntropy(
  { classes }: SoftmaxShape,
  images: number,
  logits: Float64Array,
  targets: ArrayLike<number>,
  losses: Uint32Array = new Uint32Array(images),
): LossSum {
  const stride = quadsOf(images) * QUAD;
  let units = 0;
  let correct = 0;
  for (let image = 0; image < images; image++) {
    const scores = Array.from({ length: classes }, (_, c) => logits[c * stride + image]!);
    const label = image * (1 + classes);
    const largest = Math.max(...scores);
    const sum = scores.reduce((total, score) => total + Math.exp(score - largest), 0);
    const mean = scores.reduce((total, score, c) => total + targets[label + 1 + c]! * (largest - score), 0);
    losses[image] = Math.round(Math.min(Math.log(sum) + mean, MAX_LOSS) * LOSS_UNITS);
    units += losses[image]!;
    if (scores.indexOf(largest) === targets[label]) correct++;
  }
  return { units, correct };
}
