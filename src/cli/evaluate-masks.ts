import type { ImageSet } from '../data/dataset.ts';
import type { Engine } from '../engine/engine.ts';
import type { Model } from '../engine/model.ts';
import type { Score } from '../report/result.ts';
import { MasksearchError } from '../search/error.ts';
import type { Masks } from '../search/mask.ts';

/** Loss and accuracy of a model under masks, over all of `images`. */
export async function evaluateMasks(
  engine: Engine,
  model: Model,
  images: ImageSet,
  masks: Masks,
): Promise<Score> {
  // Tuning would take longer than one forward pass.
  const evaluator = await engine.evaluator(model, images, { tune: false });
  try {
    const [evaluation] = await evaluator.evaluate([{ masks }]);
    if (!evaluation || evaluation.exceeded) {
      throw new MasksearchError('gpu-failed', 'the evaluator gave no loss', 'report this');
    }
    const { loss, accuracy } = evaluation;
    return { loss, accuracy };
  } finally {
    await evaluator.close();
  }
}
