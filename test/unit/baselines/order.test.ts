import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { baselineOrder, BASELINES, type Baseline } from '../../../src/baselines/baseline.ts';
import { masksAt, zerosAt } from '../../../src/baselines/order.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { fuse } from '../../../src/network/fuse.ts';
import {
  checkMasks,
  countKept,
  isKept,
  maskToBytes,
  sparsityOf,
  type Masks,
} from '../../../src/core/mask.ts';
import { randomStream } from '../../../src/core/random.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { fullMasks, randomImages, randomModel, tinyNetwork } from '../../helpers/data/models.ts';

const layers = fuse(tinyNetwork);
const weights = layers.reduce((sum, layer) => sum + layer.weights, 0);
const images = randomImages(tinyNetwork, 9, 'images');
const sparsities = [0, 0.0004, 0.001, ...Array.from({ length: 19 }, (_, i) => (i + 1) / 20), 0.999, 1 - 1e-9];

const orderOf = (baseline: Baseline, seed = '1') =>
  baselineOrder(baseline, randomModel(tinyNetwork, 'tiny'), { images, random: randomStream(seed) });
const orders = new Map(
  await Promise.all(BASELINES.map(async (name) => [name, await orderOf(name)] as const)),
);
const prunedOf = (masks: Masks) => masks.map((mask) => mask.length - countKept(mask));

for (const [baseline, order] of orders) {
  test(`${baseline}: the number of zeros is exact at every sparsity`, () => {
    for (const sparsity of sparsities) {
      const masks = masksAt(order, zerosAt(order, sparsity));
      checkMasks(masks, problemOf(tinyNetwork).layers);
      const zeros = prunedOf(masks).reduce((sum, count) => sum + count, 0);
      assert.is(zeros, Math.round(sparsity * weights), `at ${sparsity}`);
    }
    assert.equal(masksAt(order, 0), fullMasks(tinyNetwork));
    const expected = layers.map((layer) => layer.weights);
    assert.equal(prunedOf(masksAt(order, weights)), expected);
  });

  test(`${baseline}: one more zero prunes one more weight and brings none back`, () => {
    let before = masksAt(order, 0);
    for (let zeros = 1; zeros <= weights; zeros++) {
      const masks = masksAt(order, zeros);
      const nested = masks.every(({ words }, l) =>
        words.every((word, i) => (word & ~before[l]!.words[i]!) === 0),
      );
      assert.ok(nested, `at ${zeros} zeros`);
      before = masks;
    }
  });

  test(`${baseline}: equal arguments give equal orders`, async () => {
    assert.equal(await orderOf(baseline), order);
  });
}

test('the sparsity of masks leads back to their number of zeros', () => {
  const order = orders.get('random')!;
  for (let zeros = 0; zeros < weights; zeros++) {
    assert.is(zerosAt(order, sparsityOf(masksAt(order, zeros)).global), zeros);
  }
});

test('the first weights of the order are those pruned, counted through the layers', () => {
  const masks = masksAt({ layers: [2, 3], weights: Uint32Array.of(4, 1, 0, 3, 2) }, 3);
  assert.equal(
    masks.map((mask) => [...maskToBytes(mask)]),
    [
      [0, 0],
      [1, 1, 0],
    ],
  );
});

test('magnitude-uniform and wanda prune as many weights of each layer, wanda as many of each of its outputs', () => {
  for (let zeros = 0; zeros <= weights; zeros += 7) {
    const wanda = masksAt(orders.get('wanda')!, zeros);
    const counts = prunedOf(wanda);
    assert.equal(prunedOf(masksAt(orders.get('magnitude-uniform')!, zeros)), counts);
    layers.forEach((layer, s) => {
      assert.ok(Math.abs(counts[s]! - (zeros * layer.weights) / weights) < 1, `${layer.name} at ${zeros}`);
      const outputs = layer.weightShape[0]!;
      const inputs = layer.weights / outputs;
      for (let output = 0; output < outputs; output++) {
        let pruned = 0;
        for (let i = 0; i < inputs; i++) if (!isKept(wanda[s]!, output * inputs + i)) pruned++;
        assert.ok(Math.abs(pruned - counts[s]! / outputs) < 1, `${layer.name}, ${output} at ${zeros}`);
      }
    });
  }
});

test('the baselines differ, and so do random orders of other seeds', async () => {
  const all = [...orders.values(), await orderOf('random', '2')].map((order) => order.weights.join());
  assert.is(new Set(all).size, BASELINES.length + 1);
});

test('impossible sparsities and numbers of zeros are refused', async () => {
  const order = orders.get('random')!;
  for (const sparsity of [-0.1, 1, 70, NaN, Infinity]) {
    await assertBadInput(() => zerosAt(order, sparsity), /sparsity is .* at least 0 and below 1/);
  }
  for (const zeros of [-1, 0.5, weights + 1, NaN]) {
    await assertBadInput(() => masksAt(order, zeros), /zeros is .* a whole number from 0 to \d+/);
  }
});

test.run();
