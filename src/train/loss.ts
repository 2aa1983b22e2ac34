/** Sums over images, so that batches of any size can be added. */
export interface BatchLoss {
  /** Sum of the images' cross-entropies, in nats. */
  readonly lossSum: number;
  /** Images whose label has the highest score; of equal scores the first counts as the highest. */
  readonly correct: number;
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
