/** The float64 reference for tests of repair. */
import * as assert from 'uvu/assert';
import { fullMasks } from '../../src/core/mask.ts';
import type { ImageSet } from '../../src/data/dataset.ts';
import type { Engine } from '../../src/engine/backend.ts';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import type { Model } from '../../src/network/model.ts';
import { problemOf } from '../../src/network/problem.ts';

/** Closes the engine at the end. */
export async function withReference<T>(action: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = referenceEngine();
  try {
    return await action(engine);
  } finally {
    await engine.close();
  }
}

/** The loss of a model without masks. */
export async function lossOn(engine: Engine, model: Model, images: ImageSet): Promise<number> {
  const evaluator = await engine.evaluator(model, images);
  const [found] = await evaluator.evaluate([{ masks: fullMasks(problemOf(model.network).layers) }]);
  assert.ok(found && !found.exceeded);
  return found.loss;
}
