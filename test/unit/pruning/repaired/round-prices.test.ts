/** When a search measures prices anew. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countKept, type Masks } from '../../../../src/core/mask.ts';
import { problemOf } from '../../../../src/network/problem.ts';
import { RoundPrices } from '../../../../src/pruning/repaired/round-prices.ts';
import { priceEvaluations } from '../../../../src/repair/prices.ts';
import type { Evaluator } from '../../../../src/search/contract.ts';
import { randomMasks, randomModel, tinyNetwork } from '../../../helpers/data/models.ts';

const model = randomModel(tinyNetwork, 'round prices');
const { layers } = problemOf(tinyNetwork);
const variances = layers.map(({ shape }) => new Float64Array(shape[0]!).fill(1));
const all = priceEvaluations(model);
const weights = layers.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);

/** Prices over an evaluator that counts what it is asked, and whose losses differ from call to call. */
function pricesOf(wantedKept?: number) {
  const asked = { count: 0 };
  const evaluator: Evaluator = {
    ...{ layers, depth: layers.length, images: 1, batchWidth: 1 },
    evaluate(candidates) {
      return Promise.resolve(
        candidates.map(() => ({ loss: 1 + (asked.count++ % 7), accuracy: 0.5, exceeded: false as const })),
      );
    },
    close: () => Promise.resolve(),
  };
  return { asked, prices: new RoundPrices({ model, evaluator, variances, weights, wantedKept, seed: '1' }) };
}

const keeping = (share: number) => ({
  masks: randomMasks(tinyNetwork, share, `keeping ${share}`),
  tensors: model.tensors,
});
const keptIn = (masks: Masks) => masks.reduce((sum, mask) => sum + countKept(mask), 0);

test('the same network is measured once, however often it is asked for', async () => {
  const { asked, prices } = pricesOf();
  const budget = { made: 2, left: 100 * all, isNear: true };
  const first = await prices.of(keeping(0.5), budget);
  assert.is(asked.count, all);
  assert.is(await prices.of(keeping(0.5), budget), first);
  assert.is(asked.count, all);
});

test('a network is measured anew after as many more are gone as the evaluations allow, and sooner near the goal', async () => {
  // Four measurements to the target: every one at half of the weights of the one before.
  const { asked, prices } = pricesOf(weights / 16);
  const budget = { made: 0, left: 8 * all, isNear: false };
  const [full, most, half] = [keeping(1), keeping(0.7), keeping(0.4)];
  assert.ok(keptIn(half.masks) < 0.5 * keptIn(full.masks) && keptIn(most.masks) > 0.5 * keptIn(full.masks));
  const first = await prices.of(full, budget);
  assert.is(await prices.of(most, budget), first);
  assert.is.not(await prices.of(half, budget), first);
  assert.is(asked.count, 2 * all);
  await prices.of(most, { ...budget, isNear: true });
  assert.is(asked.count, 3 * all);
  // The nearest one serves.
  assert.is(await prices.of(keeping(0.95), budget), first);
});

test('a sparse start counts from where it is', async () => {
  const { asked, prices } = pricesOf(0.1 * weights);
  const budget = { made: 0, left: 2 * all, isNear: false };
  // One measurement to a quarter of the weights at the start, not to a tenth.
  await prices.of(keeping(0.4), budget);
  await prices.of(keeping(0.3), { ...budget, left: 4.5 * all });
  assert.is(asked.count, all);
  await prices.of(keeping(0.15), { ...budget, left: 4.5 * all });
  assert.is(asked.count, 2 * all);
});

test('half of the evaluations at the most, and what cannot be measured in full is measured in part or not at all', async () => {
  const few = pricesOf();
  const budget = { made: 0, left: 2.5 * all, isNear: true };
  const first = await few.prices.of(keeping(1), budget);
  assert.is(await few.prices.of(keeping(0.2), budget), first);
  assert.is(few.asked.count, all);

  const fewer = pricesOf();
  await fewer.prices.of(keeping(1), { ...budget, left: all });
  assert.ok(fewer.asked.count > 1 && fewer.asked.count <= all / 2, `${fewer.asked.count} of ${all}`);

  const none = pricesOf();
  const prices = await none.prices.of(keeping(1), { ...budget, left: layers.length });
  assert.is(none.asked.count, 0);
  assert.equal(
    prices.map((own) => own![0]),
    variances.map(({ length }) => 1 / length),
  );
});

test.run();
