/** What the outputs of a network are compared with: the labels or targets of images, checked, and the loss over them. */
import { MasksearchError } from '../core/error.ts';
import {
  pixelsPerImage,
  softTargetsPerImage,
  targetsPerImage as givenPerImage,
  type ImageSet,
} from '../data/dataset.ts';
import { predictionsPerImage, targetsPerImage, type Loss } from '../kernels/loss.ts';
import { MAX_CORRECT } from '../kernels/loss-sum.ts';
import { ACTIVATION_LIMIT } from '../kernels/spec.ts';
import { classesOf } from '../network/fuse.ts';
import type { Model } from '../network/model.ts';
import { elementsOf } from '../network/shapes.ts';
import { lossKernelOf, taskOf } from '../network/task.ts';
import { normalizer } from './images.ts';

/** Targets of images, and the loss that compares them with the outputs. */
export interface Targets {
  readonly loss: Loss;
  /** Targets of one image. */
  readonly perImage: number;
  /** [image, target]: classes; a class, then a probability of each; 1 or 0; or numbers, in the order of the outputs. */
  readonly values: Uint32Array | Float32Array;
}

type ModelParts = Pick<Model, 'network' | 'normalization' | 'task'>;

/** The loss of a model without its scale, which depends on the targets. */
export type UnscaledLoss = Pick<Loss, 'kernel' | 'outputs'>;

/** Targets with a smaller variance count as constant: an error over it might not fit into float32. */
const MIN_VARIANCE = 1e-30;

/** Outputs at the most: the sum of so many squared differences of numbers that are bounded fits into float32. */
const MAX_OUTPUTS = 2 ** 24;

/** Soft targets at most this far from a sum of 1 are divided by their sum. */
const MAX_SUM_ERROR = 1e-3;

/** The loss of a model over images without soft targets. */
export function lossOf(model: Pick<Model, 'network' | 'task'>): UnscaledLoss {
  return { kernel: lossKernelOf(model), outputs: classesOf(model.network) };
}

function lossOver(model: ModelParts, { softTargets }: ImageSet): UnscaledLoss {
  const loss = lossOf(model);
  if (!softTargets) return loss;
  if (taskOf(model) === 'classes') return { ...loss, kernel: 'soft_cross_entropy' };
  throw new MasksearchError(
    'bad-input',
    `the images have soft targets, but the network's task is ${taskOf(model)}: only networks for classes have them`,
    'leave them out',
  );
}

/** Targets as devices take them: whole numbers, or the bits of float32. */
export function targetWords({ values }: Pick<Targets, 'values'>): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

/** Throws 'bad-input' unless the images have labels or targets that fit the model's task and its outputs. */
export function targetsOf(model: ModelParts, images: ImageSet): Targets {
  const loss = lossOver(model, images);
  checkSizes(images, loss);
  const perImage = targetsPerImage(loss);
  switch (loss.kernel) {
    case 'softmax_cross_entropy':
      return { loss: { ...loss, scale: 1 }, perImage, values: classLabels(images, loss.outputs) };
    case 'soft_cross_entropy':
      return { loss: { ...loss, scale: 1 }, perImage, values: softTargets(images, loss.outputs) };
    case 'sigmoid_cross_entropy':
      return { loss: { ...loss, scale: 1 / loss.outputs }, perImage, values: answers(images, loss.outputs) };
    case 'squared_error': {
      const values = hasOwnTargets(model, images) ? inputsOf(model, images) : numbers(images, loss.outputs);
      const scale = 1 / (loss.outputs * varianceOf(values, loss.outputs));
      return { loss: { ...loss, scale }, perImage, values };
    }
  }
}

/** [image, target]: the targets of the images of these indices. */
export function pickTargets({ values, perImage }: Targets, images: Uint32Array): Float64Array {
  const picked = new Float64Array(images.length * perImage);
  images.forEach((image, i) => {
    picked.set(values.subarray(image * perImage, (image + 1) * perImage), i * perImage);
  });
  return picked;
}

/** Whether the images are their own targets, as those of an autoencoder: they have no others, and the network gives as many numbers as it takes. */
export function hasOwnTargets({ network }: Pick<Model, 'network'>, { targets }: ImageSet): boolean {
  return !targets && classesOf(network) === elementsOf(network.input);
}

function checkSizes({ count }: ImageSet, loss: UnscaledLoss): void {
  if (loss.outputs > MAX_OUTPUTS) {
    throw new MasksearchError(
      'limit-exceeded',
      `the network has ${loss.outputs} outputs, at most ${MAX_OUTPUTS} are allowed`,
      'use a network with fewer outputs',
    );
  }
  const correct = count * predictionsPerImage(loss);
  if (correct <= MAX_CORRECT) return;
  throw new MasksearchError(
    'limit-exceeded',
    `${count} images of ${loss.outputs} outputs make ${correct} predictions, at most ${MAX_CORRECT} can be counted`,
    'use fewer images',
  );
}

function classLabels({ count, labels }: ImageSet, classes: number): Uint32Array {
  if (!labels || labels.length < count)
    throw missing(`the image set has ${labels?.length ?? 0} labels for ${count} images`);
  for (let i = 0; i < count; i++) {
    if (labels[i]! >= classes) {
      throw new MasksearchError(
        'bad-input',
        `the label of image ${i} is ${labels[i]}, the network has classes 0 to ${classes - 1}`,
        'use images of those classes',
      );
    }
  }
  return Uint32Array.from(labels.subarray(0, count));
}

/** [image, 1 + class]: the label of the image, then its probabilities, which sum to 1 but for their rounding to float32. */
function softTargets(images: ImageSet, classes: number): Float32Array {
  const given = images.softTargets!;
  const labels = classLabels(images, classes);
  if (given.length !== images.count * classes) {
    throw new MasksearchError(
      'bad-input',
      `the image set has ${softTargetsPerImage(images)} soft targets per image, the network has ${classes} classes`,
      'use one soft target per class',
    );
  }
  const values = new Float32Array(images.count * (1 + classes));
  labels.forEach((label, image) => {
    const of = given.subarray(image * classes, (image + 1) * classes);
    const sum = sumOfProbabilities(of, image);
    values.set([label, ...of.map((probability) => probability / sum)], image * (1 + classes));
  });
  return values;
}

/** Throws 'bad-input' unless the soft targets of an image are probabilities. */
function sumOfProbabilities(probabilities: Float32Array, image: number): number {
  const at = probabilities.findIndex((value) => !(value >= 0 && value <= 1));
  if (at >= 0) {
    throw new MasksearchError(
      'bad-input',
      `soft target ${at} of image ${image} is ${probabilities[at]}, only probabilities from 0 to 1 are allowed`,
      'pass the output of a softmax',
    );
  }
  const sum = probabilities.reduce((total, value) => total + value, 0);
  if (Math.abs(sum - 1) <= MAX_SUM_ERROR) return sum;
  throw new MasksearchError(
    'bad-input',
    `the soft targets of image ${image} sum to ${sum}, only a sum of 1 give or take ${MAX_SUM_ERROR} is allowed`,
    'divide them by their sum',
  );
}

function answers(images: ImageSet, outputs: number): Uint32Array {
  const values = given(images, outputs);
  const at = values.findIndex((value) => value !== 0 && value !== 1);
  if (at < 0) return Uint32Array.from(values);
  throw new MasksearchError(
    'bad-input',
    `target ${at % outputs} of image ${Math.floor(at / outputs)} is ${values[at]}, for a task binary only 0 and 1 are allowed`,
    'use such targets',
  );
}

function numbers(images: ImageSet, outputs: number): Float32Array {
  const values = given(images, outputs);
  const at = values.findIndex((value) => !(Math.abs(value) <= ACTIVATION_LIMIT));
  if (at < 0) return values;
  throw new MasksearchError(
    'bad-input',
    `target ${at % outputs} of image ${Math.floor(at / outputs)} is ${values[at]}, magnitudes up to ${ACTIVATION_LIMIT} are allowed`,
    'remove that image, or scale the targets',
  );
}

/** The targets that the image set has. */
function given(images: ImageSet, outputs: number): Float32Array {
  const { count, targets } = images;
  if (!targets) throw missing('the image set has no targets');
  const perImage = givenPerImage(images);
  if (targets.length === count * outputs) return targets;
  throw new MasksearchError(
    'bad-input',
    `the image set has ${perImage} targets per image, the network has ${outputs} outputs`,
    'use data with one target per output',
  );
}

const missing = (message: string) =>
  new MasksearchError('bad-input', message, 'use images with one for each');

/** [image, channel, row, column]: the network's inputs. */
function inputsOf(model: ModelParts, images: ImageSet): Float32Array {
  const size = pixelsPerImage(images);
  const normalized = normalizer(model, images);
  const inputs = new Float32Array(images.count * size);
  for (let i = 0; i < inputs.length; i++) inputs[i] = normalized(images.pixels[i]!, i % size);
  return inputs;
}

/** The mean over the outputs of the variance of each. Throws 'bad-input' if there is none. */
function varianceOf(targets: Float32Array, outputs: number): number {
  const count = targets.length / outputs;
  const means = new Float64Array(outputs);
  targets.forEach((value, i) => (means[i % outputs]! += value / count));
  const sum = targets.reduce((total, value, i) => total + (value - means[i % outputs]!) ** 2, 0);
  const variance = sum / targets.length;
  if (variance >= MIN_VARIANCE) return variance;
  throw new MasksearchError(
    'bad-input',
    `the targets of all ${count} images are equal, so an error over their variance is not defined`,
    'use more images, or images with different targets',
  );
}
