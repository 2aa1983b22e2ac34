/** Short searches on wgpu: the losses that they end with are those of float64. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadMnist, loadModel, takeImages } from '../../src/node.ts';
import { simulatedAnnealing } from '../../src/search/article/simulated-annealing.ts';
import { run } from '../../src/search/run.ts';
import { classifier } from '../helpers/data/classifier.ts';
import { GRAPHS } from '../helpers/data/graphs/index.ts';
import { acquireEngine, withTimeout } from '../helpers/gpu.ts';
import { isFull } from '../helpers/sample.ts';
import { expectation, NO_OPTIMIZATIONS } from '../helpers/search/evaluations.ts';

const engine = await acquireEngine();
test.after(() => engine.close());

const tasks = {
  'the trained LeNet-5': {
    relative: 1e-5,
    open: async () => ({ model: await loadModel(), images: takeImages((await loadMnist()).search, 70) }),
  },
  'a residual network': {
    // Its scores are large differences of small ones, and so are their roundings.
    relative: 1e-4,
    open: () => classifier(GRAPHS.residual, 70, 'residual', 10_000),
  },
};

for (const [name, { relative, open }] of Object.entries(tasks)) {
  test(`annealing of ${name} ends with a loss of float64`, async () => {
    const { model, images } = await open();
    const digests = new Set<string>();
    for (const optimizations of isFull ? [{}, NO_OPTIMIZATIONS] : [{}]) {
      const evaluator = await engine.evaluator(model, images, { optimizations });
      const search = simulatedAnnealing(evaluator, { seed: '1', iterations: 6, lossToWarmup: 8 });
      const { digest, history, progress } = await withTimeout(run(search, evaluator), 120_000, 'a search');
      assert.ok(history.length > 3, 'hardly anything was accepted');
      const { masks, loss, accuracy } = progress.current!;
      const expected = expectation(model, images, masks);
      // The bound supposes that all roundings add up; they mostly cancel.
      const tolerance = Math.min(expected.bound, relative * expected.loss);
      assert.ok(Math.abs(loss - expected.loss) <= tolerance, `${loss}, expected ${expected.loss}`);
      const right = expected.predictions.filter((best, i) => best === images.labels![i]).length;
      assert.is(Math.round(accuracy! * images.count), right);
      digests.add(digest);
    }
    assert.is(digests.size, 1, 'optimizations change the digest');
  });
}

test.run();
