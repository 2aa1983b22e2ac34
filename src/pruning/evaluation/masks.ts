import type { ImageSet } from '../../data/dataset.ts';
import type { Engine } from '../../engine/backend.ts';
import type { Model } from '../../network/model.ts';
import { layerTensorsOf } from '../../repair/layer-tensors.ts';
import type { EvaluatedOutputs, Score, Solution } from '../../search/contract.ts';
import { MasksearchError } from '../../core/error.ts';
import type { Masks } from '../../core/mask.ts';

/** Loss and accuracy of a model under masks, over all of `images`. */
export async function evaluateMasks(
  engine: Engine,
  model: Model,
  images: ImageSet,
  masks: Masks,
): Promise<Score> {
  const [score] = await evaluateEach(engine, model, images, [masks]);
  return score!;
}

/**
 * What `evaluateEach` gives, with the outputs for every image, [image][output]; undefined where an engine of somebody else does not
 * tell them.
 */
export async function evaluateOutputs(
  engine: Engine,
  model: Model,
  images: ImageSet,
  masks: readonly Masks[],
): Promise<readonly { readonly score: Score; readonly outputs: Float32Array | undefined }[]> {
  const evaluator = await engine.evaluator(model, images, { tune: false, memory: 0 });
  try {
    if (!evaluator.evaluateOutputs) {
      const scores = await evaluateEach(engine, model, images, masks);
      return scores.map((score) => ({ score, outputs: undefined }));
    }
    const evaluated: EvaluatedOutputs[] = [];
    for (const one of masks) evaluated.push(await evaluator.evaluateOutputs(one));
    return evaluated;
  } finally {
    await evaluator.close();
  }
}

/** Loss and accuracy of a model under each of several masks, over all of `images`, which are uploaded once. */
export function evaluateEach(
  engine: Engine,
  model: Model,
  images: ImageSet,
  masks: readonly Masks[],
): Promise<readonly Score[]> {
  return evaluateStates(
    engine,
    model,
    images,
    masks.map((one) => ({ masks: one })),
  );
}

/** A network as a search leaves it; without `tensors`, with the model's. */
export type NetworkState = Pick<Solution, 'masks' | 'tensors'>;

/** Like `evaluateEach`, of networks whose parameters may differ from the model's. */
export async function evaluateStates(
  engine: Engine,
  model: Model,
  images: ImageSet,
  states: readonly NetworkState[],
): Promise<readonly Score[]> {
  const evaluator = await engine.evaluator(model, images, {
    // Tuning the kernels would take longer than the few forward passes.
    tune: false,
    // A single candidate has no prefix in common with another.
    memory: states.length === 1 ? 0 : undefined,
  });
  const scores: Score[] = [];
  try {
    for (const { masks, tensors } of states) {
      const changed = tensors && layerTensorsOf(model, tensors);
      const [evaluation] = await evaluator.evaluate([{ masks, tensors: changed }]);
      if (!evaluation || evaluation.exceeded) {
        throw new MasksearchError('gpu-failed', 'the evaluator gave no loss', 'report this');
      }
      scores.push({ loss: evaluation.loss, accuracy: evaluation.accuracy });
    }
    return scores;
  } finally {
    await evaluator.close();
  }
}
