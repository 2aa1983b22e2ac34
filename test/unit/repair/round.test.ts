/** Prices of errors, what goes at which price, and whole rounds, on the float64 reference. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countPruned, fullMasks, isKept } from '../../../src/core/mask.ts';
import type { Engine } from '../../../src/engine/backend.ts';
import { referenceEngine } from '../../../src/engine/reference/reference.ts';
import { applyMasks } from '../../../src/network/apply-masks.ts';
import type { Model } from '../../../src/network/model.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { cheapest, without } from '../../../src/repair/allocation.ts';
import { errorPrices, outputVariances } from '../../../src/repair/prices.ts';
import { pruneRound } from '../../../src/repair/round.ts';
import { randomImages, randomMasks, randomModel, tinyNetwork } from '../../helpers/data/models.ts';

const model = randomModel(tinyNetwork, 'rounds');
const images = randomImages(tinyNetwork, 30, 'rounds');
const { layers } = problemOf(tinyNetwork);

async function withEngine<T>(action: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = referenceEngine();
  try {
    return await action(engine);
  } finally {
    await engine.close();
  }
}

async function lossOf(engine: Engine, changed: Model): Promise<number> {
  const evaluator = await engine.evaluator(changed, images);
  const [found] = await evaluator.evaluate([{ masks: fullMasks(layers) }]);
  assert.ok(found && !found.exceeded);
  return found.loss;
}

const withTensor = ({ tensors }: Model, name: string, values: Float32Array): Model => ({
  ...model,
  tensors: new Map([...tensors, [name, values]]),
});

test('a price is what shifting the bias of an output by its deviation costs, both ways', () =>
  withEngine(async (engine) => {
    const calibrator = await engine.calibrator(model, images);
    const variances = await outputVariances(calibrator, model);
    const masks = randomMasks(tinyNetwork, 0.7, 'prices');
    const state = { masks, tensors: applyMasks(model, masks).tensors };
    const evaluator = await engine.evaluator(model, images);
    const prices = await errorPrices(evaluator, model, state, variances);
    const current: Model = { ...model, tensors: state.tensors };
    const base = await lossOf(engine, current);
    for (const [layer, { name }] of layers.entries()) {
      assert.is(prices[layer]!.length, variances[layer]!.length);
      for (const output of [0, prices[layer]!.length - 1]) {
        const variance = variances[layer]![output]!;
        assert.ok(variance > 1e-4, `${name} ${output}`);
        let rise = -base;
        for (const sign of [-1, 1]) {
          const biases = current.tensors.get(`${name}.bias`)!.slice();
          biases[output]! += sign * Math.sqrt(variance);
          rise += (await lossOf(engine, withTensor(current, `${name}.bias`, biases))) / 2;
        }
        const expected = Math.max(rise, 1e-9) / variance;
        // Losses are whole numbers of 2^-20 for each image.
        const found = prices[layer]![output]!;
        assert.ok(Math.abs(found - expected) <= 1e-6 / variance, `${name} ${output}: ${found}, ${expected}`);
      }
    }
  }));

test('the variance of an output is that over images and positions', () =>
  withEngine(async (engine) => {
    const variances = await outputVariances(await engine.calibrator(model, images), model);
    const evaluator = await engine.evaluator(model, images);
    const { outputs } = await evaluator.evaluateOutputs!(fullMasks(layers));
    const width = variances.at(-1)!.length;
    variances.at(-1)!.forEach((variance, output) => {
      const own = outputs.filter((_, i) => i % width === output);
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      const expected = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length;
      assert.ok(Math.abs(variance - expected) <= 1e-5 * expected, `${variance}, ${expected}`);
    });
  }));

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
  withEngine(async (engine) => {
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
    const unpruned = await lossOf(engine, model);
    const frozen = await lossOf(engine, applyMasks(model, second.masks));
    const found = await lossOf(engine, { ...model, tensors: second.tensors });
    assert.ok(
      Math.abs(found - unpruned) < 0.5 * Math.abs(frozen - unpruned),
      `${unpruned} ${frozen} ${found}`,
    );
  }));

test.run();
