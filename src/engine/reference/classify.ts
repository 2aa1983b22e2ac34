import type { ImageSet } from '../../data/dataset.ts';
import { QUAD, quadsOf } from '../../kernels/spec.ts';
import { fullMasks, type Masks } from '../../core/mask.ts';
import { badOption } from '../../core/options.ts';
import { checkModel } from '../../network/check-model.ts';
import type { Model } from '../../network/model.ts';
import { classesOf } from '../../network/fuse.ts';
import { problemOf } from '../../network/problem.ts';
import { taskOf } from '../../network/task.ts';
import { referenceLogits } from './forward.ts';

/**
 * Class probabilities of each image under masks: [image][class] float64, fractions. For a few images: it runs in
 * float64 on the calling thread, about a millisecond per image of LeNet-5. All weights are kept unless `masks` is
 * given. Labels are only checked for their range. Throws 'bad-input' if the images do not fit the model, or its outputs are
 * no scores of classes.
 */
export function classify(
  model: Model,
  images: ImageSet,
  masks: Masks = fullMasks(problemOf(model.network).layers),
): readonly Float64Array[] {
  checkModel(model);
  if (taskOf(model) !== 'classes')
    throw badOption('task', taskOf(model), 'classes', 'read the outputs with `evaluateOutputs`');
  const logits = referenceLogits(model, images, masks);
  const classes = classesOf(model.network);
  const stride = quadsOf(images.count) * QUAD;
  return Array.from({ length: images.count }, (_, image) =>
    softmax(Float64Array.from({ length: classes }, (_, k) => logits[k * stride + image]!)),
  );
}

function softmax(logits: Float64Array): Float64Array {
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((exponential) => exponential / sum);
}
