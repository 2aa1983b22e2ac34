import { MAX_LOSS, LOSS_UNITS, type LossSum } from '../loss-sum.ts';
import type { SoftmaxShape } from '../softmax-cross-entropy.ts';
import { QUAD, quadsOf } from '../spec.ts';

/**
 * Float64 twin of shaders/softmax_cross_entropy.wgsl.
 *
 * @param logits [class, quad, 4]; the padding after the last image is ignored
 * @param labels [image]
 * @param losses [image], set to each image's loss in `LOSS_UNITS`
 */
export function softmaxCrossEntropy(
  { classes }: SoftmaxShape,
  images: number,
  logits: Float64Array,
  labels: ArrayLike<number>,
  losses: Uint32Array = new Uint32Array(images),
): LossSum {
  const stride = quadsOf(images) * QUAD;
  let units = 0;
  let correct = 0;
  for (let image = 0; image < images; image++) {
    const scores = Array.from({ length: classes }, (_, c) => logits[c * stride + image]!);
    const largest = Math.max(...scores);
    const sum = scores.reduce((total, score) => total + Math.exp(score - largest), 0);
    const loss = Math.log(sum) - (scores[labels[image]!]! - largest);
    losses[image] = Math.round(Math.min(Math.max(loss, 0), MAX_LOSS) * LOSS_UNITS);
    units += losses[image]!;
    if (scores.indexOf(largest) === labels[image]) correct++;
  }
  return { units, correct };
}
