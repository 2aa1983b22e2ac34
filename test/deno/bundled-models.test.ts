/** The bundled networks on wgpu: losses under all weights and under random masks are those of float64. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceEngine } from '../../src/engine/reference/reference.ts';
import { loadMnist, loadModel, takeImages } from '../../src/node.ts';
import { acquireEngine } from '../helpers/gpu.ts';
import { randomMasks } from '../helpers/data/models.ts';
import { evaluateFull } from '../helpers/search/evaluations.ts';

const MODELS = join(import.meta.dirname, '../../models');

const engine = await acquireEngine();
test.after(() => engine.close());

const images = takeImages((await loadMnist()).test, 24);
// The LeNet-5 of other splits differ in their weights alone.
const files = (await readdir(MODELS)).filter((name) => /^(?!.*split).*\.safetensors$/.test(name));

for (const file of files) {
  test(`${file} has the losses of float64`, async () => {
    const model = await loadModel(join(MODELS, file));
    const [found, exact] = [
      await engine.evaluator(model, images),
      await referenceEngine().evaluator(model, images),
    ];
    const losses = new Set<number>();
    for (const density of [1, 0.8, 0.4]) {
      const masks = randomMasks(model.network, density, file);
      const [{ loss }, expected] = [await evaluateFull(found, masks), await evaluateFull(exact, masks)];
      assert.ok(Math.abs(loss - expected.loss) < 1e-5 * (1 + expected.loss), `${loss}, ${expected.loss}`);
      losses.add(loss);
    }
    assert.is(losses.size, 3, 'the masks make no difference');
    await Promise.all([found.close(), exact.close()]);
  });
}

test('there is one network of each kind', () => assert.is(files.length, 5));

test.run();
