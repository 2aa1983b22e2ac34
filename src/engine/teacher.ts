/** A network as the teacher of its pruned versions: its own probabilities as soft targets. */
import { MasksearchError } from '../core/error.ts';
import { fullMasks } from '../core/mask.ts';
import { exp } from '../core/math.ts';
import type { ImageSet } from '../data/dataset.ts';
import { classesOf } from '../network/fuse.ts';
import type { Model } from '../network/model.ts';
import { problemOf } from '../network/problem.ts';
import { taskOf } from '../network/task.ts';
import type { Engine } from './backend.ts';

/**
 * The images with the probabilities that the unpruned `model` gives each class as their soft targets: the softmax in float64 of the
 * outputs that `engine` computes in float32. On WebAssembly they are the same on every machine and for any number of threads. The loss
 * over such images is that against the teacher. It is least, and the mean entropy of the probabilities, where a network gives the same;
 * so the unpruned loss is not 0.
 *
 * Rejects with 'bad-input' unless the images have labels and fit the model, and its task is `classes`; with the errors of the engine;
 * and with 'aborted' if `signal` is aborted.
 */
export async function withTeacherTargets(
  engine: Engine,
  model: Model,
  images: ImageSet,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ImageSet> {
  checkTeacher(model);
  const outputs = await unprunedOutputs(engine, model, { ...images, softTargets: undefined }, options);
  return { ...images, softTargets: softmax(outputs, classesOf(model.network)) };
}

/** [image][output]: what the unpruned `model` gives. Rejects with the errors of the engine, and with 'bad-input' if it does not tell outputs. */
export async function unprunedOutputs(
  engine: Engine,
  model: Model,
  images: ImageSet,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Float32Array> {
  // Tuning the kernels would take longer than one forward pass.
  const evaluator = await engine.evaluator(model, images, { tune: false, memory: 0 });
  try {
    if (!evaluator.evaluateOutputs) {
      const fix = 'use an engine of this package';
      throw new MasksearchError('bad-input', 'the engine does not tell the outputs of a network', fix);
    }
    const { outputs } = await evaluator.evaluateOutputs(fullMasks(problemOf(model.network).layers), options);
    return outputs;
  } finally {
    await evaluator.close();
  }
}

function checkTeacher(model: Pick<Model, 'task'>): void {
  const task = taskOf(model);
  if (task === 'classes') return;
  throw new MasksearchError(
    'bad-input',
    `the task of the network is ${task}, only one for classes can be a teacher`,
    'use the targets of the data',
  );
}

/** The softmax of each image's scores: [image, class], as they are. */
function softmax(scores: Float32Array, classes: number): Float32Array {
  const probabilities = new Float32Array(scores.length);
  for (let start = 0; start < scores.length; start += classes) {
    const of = scores.subarray(start, start + classes);
    const largest = of.reduce((most, score) => Math.max(most, score), -Infinity);
    const exponentials = Float64Array.from(of, (score) => exp(score - largest));
    const sum = exponentials.reduce((total, one) => total + one, 0);
    exponentials.forEach((one, c) => (probabilities[start + c] = one / sum));
  }
  return probabilities;
}
