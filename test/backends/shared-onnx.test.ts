/** An ONNX file of another person on real digits: its right accuracy is known, before and after it is pruned. See `testWithShared`. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { magnitudeGlobalOrder, masksAt, zerosAt } from '../../src/baselines/index.ts';
import type { ImageSet } from '../../src/data/dataset.ts';
import { modelFromOnnx } from '../../src/formats/onnx/model.ts';
import type { Model } from '../../src/network/model.ts';
import { layersInFile, problemOf } from '../../src/network/problem.ts';
import { loadData, loadModel, openEngine } from '../../src/node.ts';
import { masksFromSafetensors } from '../../src/formats/safetensors/masks.ts';
import { fullMasks } from '../../src/core/mask.ts';
import { prunedFiles } from '../../src/pruning/files/pruned-files.ts';
import { shared, testWithShared } from '../helpers/shared.ts';

testWithShared(
  'models/fyh_lenet.onnx',
  'a LeNet of max pooling has its accuracy, and its pruned file that of its masks',
  async (path) => {
    const model = await loadModel(path, { mean: 0.1307, std: 0.3081 });
    const { search, test: held } = await loadData(shared('data'), { network: model.network });
    const engine = await openEngine({ device: 'wasm', threads: 1 });
    try {
      const evaluate = async (
        of: Model,
        images: ImageSet,
        masks = fullMasks(problemOf(of.network).layers),
      ) => {
        const evaluator = await engine.evaluator(of, images);
        const [evaluation] = await evaluator.evaluate([{ masks }]);
        await evaluator.close();
        assert.ok(!evaluation!.exceeded);
        return evaluation as Extract<typeof evaluation, { exceeded: false }>;
      };
      const halves = [await evaluate(model, search), await evaluate(model, held)];
      const correct = halves.reduce((sum, { accuracy }) => sum + Math.round(accuracy! * 5000), 0);
      assert.is(search.count + held.count, 10_000);
      // Computed with ONNX Runtime.
      assert.is(correct, 9813);

      const order = magnitudeGlobalOrder(model);
      const masks = masksAt(order, zerosAt(order, 0.5));
      const files = prunedFiles(model, masks);
      const pruned = modelFromOnnx(files['pruned.onnx'] as Uint8Array, { mean: 0.1307, std: 0.3081 });
      const masked = await evaluate(model, held, masks);
      assert.equal(await evaluate(pruned, held), masked);
      const read = masksFromSafetensors(files['masks.safetensors'] as Uint8Array, layersInFile(pruned));
      assert.equal(await evaluate(pruned, held, read), masked);
      assert.ok(masked.accuracy! > 0.9 && masked.loss > halves[1]!.loss, JSON.stringify(masked));
    } finally {
      await engine.close();
    }
  },
);

test.run();
