/** What goes at which price, and whole rounds, on the float64 reference. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countPruned, fullMasks, isKept } from '../../../src/core/mask.ts';
import { applyMasks } from '../../../src/network/apply-masks.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { cheapest, without } from '../../../src/repair/allocation.ts';
import { outputVariances } from '../../../src/repair/prices.ts';
import { pruneRound } from '../../../src/repair/round.ts';
import { randomImages, randomModel, tinyNetwork } from '../../helpers/data/models.ts';
import { lossOn, withReference } from '../../helpers/reference.ts';

const model = randomModel(tinyNetwork, 'rounds');
const images = randomImages(tinyNetwork, 30, 'rounds');
const { layers } = problemOf(tinyNetwork);

test('the cheapest go first, in the order of their rows', () => {
  const row = (layer: number, output: number, price: number, order: number[], costs: number[]) => ({
    ...{ layer, output, price },
    trace: { order: Uint32Array.from(order), costs: Float64Array.from(costs) },
  });
  // Behind a dear weight a cheap one is as dear.
  const rows = [row(0, 0, 1, [2, 0, 1], [1, 5, 2]), row(1, 1, 10, [1, 0], [0.2, 0.3])];
  assert.equal(
    [0, 1, 2, 3, 4, 5].map((count) => cheapest(rows, count)),
    [
      [0, 0],
      [1, 0],
      [1, 1],
      [1, 2],
      [2, 2],
      [3, 2],
    ],
  );
  const masks = fullMasks([{ shape: [1, 3] }, { shape: [2, 2] }]);
  const pruned = without(masks, rows, [2, 1], [3, 2]);
  assert.equal(
    pruned.map((mask) => Array.from({ length: mask.length }, (_, i) => isKept(mask, i))),
    [
      [false, true, false],
      [true, true, true, false],
    ],
  );
  assert.is(countPruned(masks), 0);
});

test('a round prunes exactly as many as asked for, keeps zeros, and beats the masks alone', () =>
  withReference(async (engine) => {
    const calibrator = await engine.calibrator(model, images);
    const prices = (await outputVariances(calibrator, model)).map((own) =>
      own!.map((variance) => 1 / variance),
    );
    const masks = fullMasks(layers);
    const first = await pruneRound(calibrator, model, { masks, tensors: model.tensors }, prices, 100);
    assert.is(countPruned(first.masks), 100);
    const second = await pruneRound(calibrator, model, first, prices, 250);
    assert.is(countPruned(second.masks), 250);
    layers.forEach(({ weight }, layer) =>
      second.tensors.get(weight!)!.forEach((value, i) => {
        if (!isKept(first.masks[layer]!, i)) assert.not(isKept(second.masks[layer]!, i), 'pruned for good');
        if (!isKept(second.masks[layer]!, i)) assert.is(value, 0);
      }),
    );
    const unpruned = await lossOn(engine, model, images);
    const frozen = await lossOn(engine, applyMasks(model, second.masks), images);
    const found = await lossOn(engine, { ...model, tensors: second.tensors }, images);
    assert.ok(
      Math.abs(found - unpruned) < 0.5 * Math.abs(frozen - unpruned),
      `${unpruned} ${frozen} ${found}`,
    );
  }));

test.run();
