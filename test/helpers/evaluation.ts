import { fullMasks, type Masks } from '../../src/core/mask.ts';
import type { ImageSet } from '../../src/data/dataset.ts';
import type { Model } from '../../src/network/model.ts';
import { problemOf } from '../../src/network/problem.ts';
import { openEngine } from '../../src/node.ts';
import type { Score } from '../../src/search/contract.ts';

export type Evaluate = (model: Model, images: ImageSet, masks?: Masks) => Promise<Score>;

/** Evaluates models on WebAssembly, each with its masks or with none. */
export async function withEvaluation(body: (evaluate: Evaluate) => Promise<void>): Promise<void> {
  const engine = await openEngine({ device: 'wasm', threads: 1 });
  try {
    await body(async (model, images, masks = fullMasks(problemOf(model.network).layers)) => {
      const evaluator = await engine.evaluator(model, images);
      const [evaluation] = await evaluator.evaluate([{ masks }]);
      await evaluator.close();
      if (evaluation!.exceeded) throw new Error('without a limit nothing exceeds it');
      return evaluation!;
    });
  } finally {
    await engine.close();
  }
}
