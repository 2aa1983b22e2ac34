/** Small networks for the tasks without classes, and for soft targets, that do them well: their targets are near their own outputs. */
import type { ImageSet } from '../../../src/data/dataset.ts';
import { classify } from '../../../src/engine/reference/classify.ts';
import { referenceLogits } from '../../../src/engine/reference/forward.ts';
import { QUAD, quadsOf } from '../../../src/kernels/spec.ts';
import { classesOf } from '../../../src/network/fuse.ts';
import type { Model } from '../../../src/network/model.ts';
import type { Network } from '../../../src/network/network.ts';
import type { Task } from '../../../src/network/task.ts';
import { classifier } from './classifier.ts';
import { fullMasks, randomImages, randomModel } from './models.ts';
import { conv, flat, full, means, stack } from './networks.ts';
import { generator } from './numbers.ts';

const withOutputs = (outputs: number): Network =>
  stack(
    [1, 8, 8],
    conv('conv1', 3, 3, { end: 'tanh' }),
    means(),
    flat,
    full('fc1', 9, 'relu'),
    full('out', outputs),
  );

/** An autoencoder whose output is a vector. */
const flatAutoencoder = stack([1, 6, 6], flat, full('code', 10, 'tanh'), full('out', 36));

/** An autoencoder whose output is an image, as its input. */
const imageAutoencoder = stack(
  [1, 6, 6],
  conv('conv1', 3, 3, { padding: 1, end: 'tanh' }),
  conv('out', 1, 3, { padding: 1 }),
);

export interface TaskCase {
  readonly model: Model;
  readonly images: ImageSet;
}

/** By name. */
export function taskCases(count: number): Readonly<Record<string, TaskCase>> {
  return {
    'probabilities of classes': distilling(count),
    'a question': answering(count, 1),
    'three questions': answering(count, 3),
    'one number': predicting(count, 1),
    'two numbers': predicting(count, 2),
    'an autoencoder': reconstructing(count, flatAutoencoder),
    'an autoencoder of images': reconstructing(count, imageAutoencoder),
  };
}

/** The targets are the network's own probabilities, less sure: a fifth goes to all classes alike. Some labels are of other classes. */
function distilling(count: number): TaskCase {
  const { model, images } = classifier(withOutputs(4), count, 'soft targets', 4);
  const classes = classesOf(model.network);
  const softTargets = classify(model, images).flatMap((probabilities) =>
    [...probabilities].map((probability) => 0.8 * probability + 0.2 / classes),
  );
  const labels = Uint8Array.from(images.labels!, (label, i) => (i % 9 === 4 ? (label + 1) % classes : label));
  return { model, images: { ...images, labels, softTargets: Float32Array.from(softTargets) } };
}

/** Some of the targets are not what the network answers. */
function answering(count: number, outputs: number): TaskCase {
  const { model, images, scores } = modelFor(withOutputs(outputs), count, 'binary');
  const random = generator('answers');
  // Centred, so that either answer occurs.
  const means = columnMeans(scores, outputs);
  const bias = model.tensors.get('out.bias')!.map((value, output) => value - means[output]!);
  const targets = scores.map((score, i) => {
    const isOne = score > means[i % outputs]!;
    return Number(random.below(12) === 0 ? !isOne : isOne);
  });
  return {
    model: { ...model, tensors: new Map(model.tensors).set('out.bias', bias) },
    images: { ...images, targets },
  };
}

/** With some noise. */
function predicting(count: number, outputs: number): TaskCase {
  const { model, images, scores } = modelFor(withOutputs(outputs), count, 'regression');
  const noise = generator('noise').floats(scores.length, 0.05);
  return { model, images: { ...images, targets: scores.map((score, i) => score + noise[i]!) } };
}

function reconstructing(count: number, network: Network): TaskCase {
  const { model, images } = modelFor(network, count, 'regression');
  return { model, images };
}

/** `scores` is [image, output]. */
function modelFor(network: Network, count: number, task: Task) {
  const model: Model = { ...randomModel(network, task), task };
  const images: ImageSet = { ...randomImages(network, count, task), labels: undefined };
  const outputs = classesOf(network);
  const stride = quadsOf(count) * QUAD;
  const rows = referenceLogits(model, images, fullMasks(network));
  const scores = Float32Array.from(
    { length: count * outputs },
    (_, i) => rows[(i % outputs) * stride + Math.floor(i / outputs)]!,
  );
  return { model, images, scores };
}

function columnMeans(scores: Float32Array, outputs: number): Float32Array {
  const sums = new Float32Array(outputs);
  scores.forEach((score, i) => (sums[i % outputs]! += score));
  return sums.map((sum) => (sum * outputs) / scores.length);
}
