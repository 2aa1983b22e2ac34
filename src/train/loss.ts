/** The losses with their gradients, in float64. */
import { targetsPerImage, type Loss } from '../kernels/loss.ts';

/** Sums over images, so that batches of any size can be added. */
export interface BatchLoss {
  /** Sum of the images' losses. */
  readonly lossSum: number;
  /** Correct predictions; see `predictionsPerImage`. Of equal scores of classes the first counts as the highest. */
  readonly correct: number;
}

export interface LossFunction {
  readonly targetsPerImage: number;
  /**
   * The loss of a batch. With `gradient`, also overwrites its first elements with the gradient of the mean loss by the scores.
   *
   * @param scores [image, output]
   * @param targets [image, target]: their number says how many images there are
   * @param gradient [image, output]
   */
  readonly lossOf: (scores: Float64Array, targets: ArrayLike<number>, gradient?: Float64Array) => BatchLoss;
}

export function lossFunction(loss: Loss): LossFunction {
  return { targetsPerImage: targetsPerImage(loss), lossOf: functionOf(loss) };
}

function functionOf({ kernel, outputs, scale }: Loss): LossFunction['lossOf'] {
  switch (kernel) {
    case 'softmax_cross_entropy':
      return (scores, labels, gradient) => softmaxCrossEntropy(scores, labels, outputs, gradient);
    case 'soft_cross_entropy':
      return (scores, targets, gradient) => softCrossEntropy(scores, targets, outputs, gradient);
    case 'sigmoid_cross_entropy':
      return (scores, targets, gradient) => sigmoidCrossEntropy(scores, targets, outputs, gradient);
    case 'squared_error':
      return (scores, targets, gradient) => squaredError(scores, targets, { outputs, scale }, gradient);
  }
}

/**
 * Softmax cross-entropy of `labels.length` images. With `gradient`, also overwrites its first elements with the gradient
 * of the mean loss by the scores.
 *
 * @param scores [image, class], before the softmax
 * @param labels class of each image
 * @param gradient [image, class]
 */
export function softmaxCrossEntropy(
  scores: Float64Array,
  labels: ArrayLike<number>,
  classes: number,
  gradient?: Float64Array,
): BatchLoss {
  const count = labels.length;
  let lossSum = 0;
  let correct = 0;
  for (let image = 0; image < count; image++) {
    const start = image * classes;
    const label = labels[image]!;
    let highest = 0;
    for (let k = 1; k < classes; k++) if (scores[start + k]! > scores[start + highest]!) highest = k;
    const top = scores[start + highest]!;
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += Math.exp(scores[start + k]! - top);
    lossSum += Math.log(sum) + top - scores[start + label]!;
    if (highest === label) correct++;
    if (gradient === undefined) continue;
    for (let k = 0; k < classes; k++) {
      const probability = Math.exp(scores[start + k]! - top) / sum;
      gradient[start + k] = (k === label ? probability - 1 : probability) / count;
    }
  }
  return { lossSum, correct };
}

/**
 * Softmax cross-entropy with a target probability of each class.
 *
 * @param scores [image, class], before the softmax
 * @param targets [image, 1 + class]: the class of the image, then a probability of each class; they sum to 1
 * @param gradient [image, class]
 */
export function softCrossEntropy(
  scores: Float64Array,
  targets: ArrayLike<number>,
  classes: number,
  gradient?: Float64Array,
): BatchLoss {
  const perImage = 1 + classes;
  const count = targets.length / perImage;
  let lossSum = 0;
  let correct = 0;
  for (let image = 0; image < count; image++) {
    const of = scores.subarray(image * classes, (image + 1) * classes);
    const top = Math.max(...of);
    const sum = of.reduce((total, score) => total + Math.exp(score - top), 0);
    lossSum += Math.log(sum);
    if (of.indexOf(top) === targets[image * perImage]) correct++;
    for (let k = 0; k < classes; k++) {
      const target = targets[image * perImage + 1 + k]!;
      lossSum += target * (top - of[k]!);
      if (gradient) gradient[image * classes + k] = (Math.exp(of[k]! - top) / sum - target) / count;
    }
  }
  return { lossSum, correct };
}

/**
 * Mean over the outputs of an image of their sigmoid cross-entropies.
 *
 * @param scores [image, output], before the sigmoid
 * @param targets [image, output], 1 or 0
 * @param gradient [image, output]
 */
export function sigmoidCrossEntropy(
  scores: Float64Array,
  targets: ArrayLike<number>,
  outputs: number,
  gradient?: Float64Array,
): BatchLoss {
  let sum = 0;
  let correct = 0;
  for (let i = 0; i < targets.length; i++) {
    const score = scores[i]!;
    const target = targets[i]!;
    const decay = Math.exp(-Math.abs(score));
    sum += Math.max(score, 0) - score * target + Math.log1p(decay);
    if (score > 0 === (target !== 0)) correct++;
    const probability = (score > 0 ? 1 : decay) / (1 + decay);
    if (gradient) gradient[i] = (probability - target) / targets.length;
  }
  return { lossSum: sum / outputs, correct };
}

/**
 * Sum over the outputs of an image of their squared differences from the targets, times `scale`.
 *
 * @param scores [image, output]
 * @param targets [image, output]
 * @param gradient [image, output]
 */
export function squaredError(
  scores: Float64Array,
  targets: ArrayLike<number>,
  { outputs, scale }: Pick<Loss, 'outputs' | 'scale'>,
  gradient?: Float64Array,
): BatchLoss {
  const images = targets.length / outputs;
  let sum = 0;
  for (let i = 0; i < targets.length; i++) {
    const difference = scores[i]! - targets[i]!;
    sum += difference ** 2;
    if (gradient) gradient[i] = (2 * scale * difference) / images;
  }
  return { lossSum: sum * scale, correct: 0 };
}
