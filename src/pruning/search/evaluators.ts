/** The evaluators of a search with tuning and validation images, as one. */
import type { HeldBack } from '../../data/dataset.ts';
import type { Engine } from '../../engine/backend.ts';
import type { Optimizations } from '../../engine/optimizations.ts';
import { cacheBytes } from '../../engine/with-memory.ts';
import type { Model } from '../../network/model.ts';
import type { CountingEvaluator } from '../../search/contract.ts';
import { withValidation } from '../../search/validation.ts';

/** Both are open at once, and share the memory of the engine by their numbers of images. */
export async function evaluatorOfBoth(
  engine: Engine,
  model: Model,
  { tuning, validation }: HeldBack,
  optimizations: Optimizations,
): Promise<CountingEvaluator> {
  const images = tuning.count + validation.count;
  const evaluatorOf = (set: HeldBack['tuning']) =>
    engine.evaluator(model, set, {
      optimizations,
      memory: Math.floor((cacheBytes(engine) * set.count) / images),
    });
  return withValidation(await evaluatorOf(tuning), await evaluatorOf(validation));
}
