import type { Loss } from '../loss.ts';
import type { LossSum } from '../loss-sum.ts';
import { sigmoidCrossEntropy } from './sigmoid-cross-entropy.ts';
import { softCrossEntropy } from './soft-cross-entropy.ts';
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts';
import { squaredError } from './squared-error.ts';

/**
 * A loss in float64.
 *
 * @param scores [output, quad, 4]; the padding after the last image is ignored
 * @param targets [image, target]; see `targetsPerImage`
 * @param losses [image], set to each image's loss in `LOSS_UNITS`
 */
export function referenceLoss(
  { kernel, outputs, scale }: Loss,
  images: number,
  scores: Float64Array,
  targets: ArrayLike<number>,
  losses?: Uint32Array,
): LossSum {
  switch (kernel) {
    case 'softmax_cross_entropy':
      return softmaxCrossEntropy({ classes: outputs }, images, scores, targets, losses);
    case 'soft_cross_entropy':
      return softCrossEntropy({ classes: outputs }, images, scores, targets, losses);
    case 'sigmoid_cross_entropy':
      return sigmoidCrossEntropy({ outputs }, images, scores, targets, losses);
    case 'squared_error':
      return squaredError({ outputs, scale }, images, scores, targets, losses);
  }
}
