/** Prices of errors, on the float64 reference. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fullMasks } from '../../../src/core/mask.ts';
import { applyMasks } from '../../../src/network/apply-masks.ts';
import type { Model } from '../../../src/network/model.ts';
import { problemOf } from '../../../src/network/problem.ts';
import {
  errorPrices,
  leastPriceEvaluations,
  outputVariances,
  priceEvaluations,
  variancePrices,
} from '../../../src/repair/prices.ts';
import type { Evaluator } from '../../../src/search/contract.ts';
import { randomImages, randomMasks, randomModel, tinyNetwork } from '../../helpers/data/models.ts';
import { lossOn, withReference } from '../../helpers/reference.ts';

const model = randomModel(tinyNetwork, 'rounds');
const images = randomImages(tinyNetwork, 30, 'rounds');
const { layers } = problemOf(tinyNetwork);

const withTensor = ({ tensors }: Model, name: string, values: Float32Array): Model => ({
  ...model,
  tensors: new Map([...tensors, [name, values]]),
});

test('a price is what shifting the bias of an output by its deviation costs, both ways', () =>
  withReference(async (engine) => {
    const calibrator = await engine.calibrator(model, images);
    const variances = await outputVariances(calibrator, model);
    const masks = randomMasks(tinyNetwork, 0.7, 'prices');
    const state = { masks, tensors: applyMasks(model, masks).tensors };
    const evaluator = await engine.evaluator(model, images);
    const prices = await errorPrices(evaluator, model, state, variances);
    const current: Model = { ...model, tensors: state.tensors };
    const base = await lossOn(engine, current, images);
    for (const [layer, { name }] of layers.entries()) {
      assert.is(prices[layer]!.length, variances[layer]!.length);
      for (const output of [0, prices[layer]!.length - 1]) {
        const variance = variances[layer]![output]!;
        assert.ok(variance > 1e-4, `${name} ${output}`);
        let rise = -base;
        for (const sign of [-1, 1]) {
          const biases = current.tensors.get(`${name}.bias`)!.slice();
          biases[output]! += sign * Math.sqrt(variance);
          rise += (await lossOn(engine, withTensor(current, `${name}.bias`, biases), images)) / 2;
        }
        const expected = Math.max(rise, 1e-9) / variance;
        // Losses are whole numbers of 2^-20 for each image.
        const found = prices[layer]![output]!;
        assert.ok(Math.abs(found - expected) <= 1e-6 / variance, `${name} ${output}: ${found}, ${expected}`);
      }
    }
  }));

test('the variance of an output is that over images and positions', () =>
  withReference(async (engine) => {
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

test('with fewer evaluations some outputs are measured, and the others cost the mean of those', () =>
  withReference(async (engine) => {
    const variances = await outputVariances(await engine.calibrator(model, images), model);
    const state = { masks: fullMasks(layers), tensors: model.tensors };
    const evaluator = counting(await engine.evaluator(model, images));
    const all = await errorPrices(evaluator, model, state, variances);
    assert.is(evaluator.count, priceEvaluations(model));
    const most = leastPriceEvaluations(model) + 2 * layers.length;
    for (const seed of ['1', '2']) {
      evaluator.count = 0;
      const some = await errorPrices(evaluator, model, state, variances, { evaluations: most, seed });
      assert.ok(evaluator.count <= most && evaluator.count > most / 2, `${evaluator.count} of ${most}`);
      some.forEach((own, layer) => {
        const relative = (price: number, output: number) => price * variances[layer]![output]!;
        const measured = [...own!.keys()].filter((output) => own![output] === all[layer]![output]);
        const rises = measured.map((output) => relative(own![output]!, output));
        const mean = rises.reduce((sum, rise) => sum + rise, 0) / rises.length;
        // More than were measured where all cost the least.
        assert.ok(measured.length >= Math.min(2, own!.length), layers[layer]!.name);
        own!.forEach((price, output) => {
          if (measured.includes(output)) return;
          assert.ok(Math.abs(relative(price, output) / mean - 1) < 1e-9, `${layers[layer]!.name} ${output}`);
        });
      });
    }
  }));

test('without an evaluation every layer has the same weight', () => {
  const prices = variancePrices([Float64Array.of(1, 3), undefined, Float64Array.of(0)]);
  assert.equal([...prices[0]!], [0.25, 0.25]);
  assert.is(prices[1], undefined);
  assert.ok(Number.isFinite(prices[2]![0]!));
});

/** Counts candidates. */
function counting(evaluator: Evaluator): Evaluator & { count: number } {
  return {
    ...{ layers: evaluator.layers, depth: evaluator.depth, images: evaluator.images },
    batchWidth: evaluator.batchWidth,
    count: 0,
    evaluate(candidates, options) {
      this.count += candidates.length;
      return evaluator.evaluate(candidates, options);
    },
    close: () => evaluator.close(),
  };
}

test.run();
