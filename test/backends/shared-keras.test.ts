/** A model of TensorFlow.js of another person on real images: its right accuracy is known, before and after it is pruned. See `testWithShared`. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { magnitudeGlobalOrder, masksAt, zerosAt } from '../../src/baselines/index.ts';
import type { Masks } from '../../src/core/mask.ts';
import { modelFromTfjs } from '../../src/formats/tfjs/model.ts';
import type { Model } from '../../src/network/model.ts';
import { loadData, loadModel } from '../../src/node.ts';
import { prunedFiles } from '../../src/pruning/files/pruned-files.ts';
import { withEvaluation } from '../helpers/evaluation.ts';
import { shared, testWithShared } from '../helpers/shared.ts';

testWithShared(
  'models/4tsu_fashion_tfjs/model.json',
  'dense layers of TensorFlow.js have their accuracy, and their pruned files that of the masks',
  async (path) => {
    const model = await loadModel(path);
    const { test: held } = await loadData(shared('data/fashion'), { network: model.network });
    await withEvaluation(async (evaluateOn) => {
      const evaluate = (of: Model, masks?: Masks) => evaluateOn(of, held, masks);
      const unpruned = await evaluate(model);
      // Computed with NumPy from the file.
      assert.is(Math.round(unpruned.accuracy! * held.count), 4481);
      assert.ok(Math.abs(unpruned.loss - 0.28702) < 1e-4, `${unpruned.loss}`);

      const order = magnitudeGlobalOrder(model);
      const masks = masksAt(order, zerosAt(order, 0.5));
      const files = prunedFiles(model, masks) as Record<string, Uint8Array>;
      const beside = new Map([['group1-shard1of1.bin', files['group1-shard1of1.bin']!]]);
      const masked = await evaluate(model, masks);
      assert.equal(await evaluate(modelFromTfjs(files['pruned.json']!, {}, beside)), masked);
      assert.ok(masked.accuracy! > 0.8 && masked.loss !== unpruned.loss, JSON.stringify(masked));
    });
  },
);

test.run();
