import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { baselineOrder, BASELINES, type Baseline } from '../../../src/baselines/baseline.ts';
import { masksAt, zerosAt } from '../../../src/baselines/order.ts';
import { loadMnist, loadModel, openEngine } from '../../../src/node.ts';
import { randomStream } from '../../../src/core/random.ts';

/** Accuracy on the 2,000 test images at 60, 70 and 80 %; of magnitude-global as in docs/reference-model.md. */
const ACCURACIES: Readonly<Record<Baseline, readonly number[]>> = {
  random: [0.3605, 0.1835, 0.0895],
  'magnitude-uniform': [0.933, 0.802, 0.485],
  'magnitude-global': [0.9615, 0.95, 0.8965],
  wanda: [0.9015, 0.6085, 0.316],
};

test('accuracy of the bundled model under every baseline', async () => {
  const model = await loadModel();
  const { search, test: images } = await loadMnist();
  const engine = await openEngine({ device: 'wasm' });
  try {
    const evaluator = await engine.evaluator(model, images);
    for (const baseline of BASELINES) {
      const random = randomStream('1', 'random');
      const order = await baselineOrder(baseline, model, { images: search, random });
      const candidates = [0.6, 0.7, 0.8].map((sparsity) => ({
        masks: masksAt(order, zerosAt(order, sparsity)),
      }));
      const evaluations = await evaluator.evaluate(candidates);
      const accuracies = evaluations.map((evaluation) => (evaluation.exceeded ? NaN : evaluation.accuracy));
      assert.equal(accuracies, ACCURACIES[baseline], baseline);
    }
  } finally {
    await engine.close();
  }
});

test.run();
