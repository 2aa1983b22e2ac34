/** What a weight is worth to its output, against refits of every choice; and exchanges of weights. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countKept, isKept, maskFromBytes, maskToBytes, type Mask } from '../../../src/core/mask.ts';
import { referenceEngine } from '../../../src/engine/reference/reference.ts';
import { applyMasks } from '../../../src/network/apply-masks.ts';
import { ExchangeCosts } from '../../../src/repair/exchange-costs.ts';
import { LayerExchanges } from '../../../src/repair/exchanges.ts';
import { LayerFit } from '../../../src/repair/layer-fit.ts';
import { layerImages, layerMoments } from '../../../src/repair/layer-moments.ts';
import { repairableLayers } from '../../../src/repair/repair.ts';
import { randomImages, randomMasks, randomModel, tinyNetwork } from '../../helpers/data/models.ts';
import { generator } from '../../helpers/data/numbers.ts';
import { momentsOf, samplesOf } from '../../helpers/data/samples.ts';

const INPUTS = 9;
const OUTPUTS = 3;
/** So small that the ridge changes nothing that is compared. */
const RIDGE = 1e-12;

for (const hasBias of [true, false]) {
  test(`losses and gains are the changes of the squared error, ${hasBias ? 'with' : 'without'} a bias`, () => {
    const random = generator('rows');
    const unpruned = Array.from({ length: OUTPUTS }, () => ({
      weights: Float64Array.from(random.floats(INPUTS, 1)),
      bias: hasBias ? random.floats(1, 1)[0]! : 0,
    }));
    const fit = new LayerFit(momentsOf(samplesOf(1, INPUTS, 80, 'exchange')), unpruned, hasBias);
    const kept = Uint32Array.of(0, 2, 3, 7);
    for (let output = 0; output < OUTPUTS; output++) {
      const start = { weights: unpruned[output]!.weights, bias: unpruned[output]!.bias };
      const row = fit.refit(output, kept, start, RIDGE);
      const errorWith = (inputs: Uint32Array) => fit.error(output, fit.refit(output, inputs, start, RIDGE));
      const error = errorWith(kept);
      const costs = new ExchangeCosts(fit, output, kept, row, {
        ridge: RIDGE,
        mayKeep: (input) => input !== 8,
      });
      assert.equal([...costs.losses.map(({ input }) => input)].sort(), [...kept]);
      assert.equal([...costs.gains.map(({ input }) => input)].sort(), [1, 4, 5, 6], '8 may not be kept');
      for (const { input, change } of costs.losses) {
        const expected = errorWith(kept.filter((one) => one !== input)) - error;
        assert.ok(Math.abs(change - expected) < 1e-8, `${input} lost: ${change}, ${expected}`);
      }
      for (const { input, change } of costs.gains) {
        const expected = error - errorWith(Uint32Array.from([...kept, input].sort((a, b) => a - b)));
        assert.ok(Math.abs(change - expected) < 1e-8, `${input} gained: ${change}, ${expected}`);
      }
      const changes = (list: readonly { readonly change: number }[]) => list.map(({ change }) => change);
      assert.equal(
        changes(costs.losses),
        changes(costs.losses).sort((a, b) => a - b),
      );
      assert.equal(
        changes(costs.gains),
        changes(costs.gains).sort((a, b) => b - a),
      );
    }
  });
}

const model = randomModel(tinyNetwork, 'exchanges');
const masks = randomMasks(tinyNetwork, 0.6, 'exchanges');
const network = { masks, tensors: applyMasks(model, masks).tensors };
const rows = repairableLayers(model);

async function exchangesOf(layer: number, initial?: Mask): Promise<LayerExchanges> {
  const engine = referenceEngine();
  const calibrator = await engine.calibrator(model, randomImages(tinyNetwork, 20, 'exchanges'));
  const moments = await layerMoments(calibrator, layer, rows[layer]!, network.tensors);
  await engine.close();
  return new LayerExchanges({
    ...{ layer, rows: rows[layer]!, network, initial, ridge: 1e-3, seed: '1', visit: 3 },
    fit: new LayerFit(moments, rows[layer]!.of(model.tensors), true),
  });
}

test('an exchange changes two weights of one layer and refits their rows, and only those', async () => {
  const layer = 1;
  const exchanges = await exchangesOf(layer);
  const inputs = rows[layer]!.inputs;
  for (const { network: after, changed } of exchanges.propose(20)) {
    assert.is(countKept(after.masks[layer]!), countKept(masks[layer]!));
    const flipped = [...maskToBytes(after.masks[layer]!).keys()].filter(
      (i) => isKept(after.masks[layer]!, i) !== isKept(masks[layer]!, i),
    );
    assert.is(flipped.length, 2);
    assert.equal(new Set(flipped.map((i) => Math.floor(i / inputs))), new Set([...changed.keys()].sort()));
    after.masks.forEach((mask, other) => other === layer || assert.is(mask, masks[other]));
    for (const [name, values] of after.tensors) {
      if (values === network.tensors.get(name)) continue;
      const perOutput = values.length / rows[layer]!.outputs;
      values.forEach((value, i) => {
        const isChanged = changed.has(Math.floor(i / perOutput));
        if (!isChanged) assert.is(value, network.tensors.get(name)![i]);
        if (name === rows[layer]!.weight && !isKept(after.masks[layer]!, i)) assert.is(value, 0);
      });
    }
  }
});

test('what is drawn does not depend on how many are asked for, nor on rejections that were skipped', async () => {
  const [one, several] = [await exchangesOf(1), await exchangesOf(1)];
  const masksOf = (list: readonly { readonly network: { readonly masks: readonly Mask[] } }[]) =>
    list.map((exchange) => [...exchange.network.masks[1]!.words]);
  const expected: unknown[] = [];
  for (let i = 0; i < 6; i++) {
    const [proposal] = one.propose(1);
    expected.push(masksOf([proposal!])[0]);
    one.settle(1, i % 3 === 2 ? proposal : undefined);
  }
  const first = several.propose(5);
  several.settle(3, first[2]);
  const second = several.propose(4);
  assert.equal([...masksOf(first.slice(0, 3)), ...masksOf(second.slice(0, 3))], expected);
  assert.is(several.network.masks[1], first[2]!.network.masks[1]);
});

test('weights that are pruned from the start stay so', async () => {
  const initial = masks[1]!;
  const exchanges = await exchangesOf(1, initial);
  // Nothing else may be kept.
  assert.equal(exchanges.propose(3), []);
  const bytes = maskToBytes(initial);
  const free = bytes.indexOf(0);
  const some = await exchangesOf(1, maskFromBytes(bytes.map((byte, i) => (i === free ? 1 : byte))));
  const found = some.propose(10);
  assert.ok(found.length > 0);
  for (const { network: after } of found) assert.ok(isKept(after.masks[1]!, free));
});

test('layers of few inputs need few images, but some in any case', () => {
  assert.is(layerImages({ inputs: 25, samplesPerImage: 784 }), 1000);
  assert.is(layerImages({ inputs: 400, samplesPerImage: 1 }), 10_000);
  assert.is(layerImages({ inputs: 400, samplesPerImage: 100 }), 2500);
});

test.run();
