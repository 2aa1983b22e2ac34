import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { planCache } from '../../../../src/engine/plan/cuts.ts';
import { PrefixCache } from '../../../../src/engine/plan/prefix-cache.ts';
import { ReferenceRunner } from '../../../../src/engine/reference/runner.ts';
import { EngineEvaluator } from '../../../../src/engine/evaluator.ts';
import { dense, NetworkBuilder } from '../../../../src/network/builder.ts';
import { fuse } from '../../../../src/network/fuse.ts';
import { aliveAt, tensorSizes } from '../../../../src/network/liveness.ts';
import { GRAPHS } from '../../../helpers/data/graphs/index.ts';
import { fullMasks, randomImages, randomMasks, randomModel } from '../../../helpers/data/models.ts';
import { planOf } from './lenet5.ts';

const { residual } = GRAPHS;
const layers = fuse(residual);
const sizes = tensorSizes(residual, layers);
const names = layers.map(({ name }) => name);

test('at a cut within a block two tensors are alive, between blocks one', () => {
  assert.equal(names, ['stem', 'a1', 'a2', 'a sum', 'b1', 'b2', 'shortcut', 'b sum', 'pooled', 'out']);
  assert.equal(
    layers.map((_, cut) => aliveAt(layers, cut).join()),
    ['0', '1', '1,2', '1,3', '4', '4,5', '4,6', '6,7', '8', '9'],
  );
});

test('with enough memory every cut is cached, with none only the images', () => {
  assert.equal(planCache(layers, sizes), {
    tensors: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    cuts: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  });
  assert.equal(planCache(layers, sizes, 0), { tensors: [], cuts: [] });
});

test('with less memory the cuts are those that save most, within the budget', () => {
  const total = sizes.slice(1, -1).reduce((a, b) => a + b, 0);
  for (const share of [0.9, 0.5, 0.2, 0.05, 0.01]) {
    const { tensors, cuts } = planCache(layers, sizes, share * total);
    const used = tensors.reduce((sum, tensor) => sum + sizes[tensor]!, 0);
    assert.ok(used <= share * total, `${used} of ${share * total}`);
    for (const cut of cuts) {
      for (const tensor of aliveAt(layers, cut))
        assert.ok(tensor === 0 || tensors.includes(tensor), `${cut} ${tensor}`);
    }
    assert.ok(cuts.length > 0 && cuts.length < layers.length - 1, cuts.join());
  }
});

test('thousands of layers are planned, whether all fit or some', () => {
  const builder = new NetworkBuilder([2]);
  for (let i = 0; i < 2_000; i++) builder.add(dense(`layer${i}`, { outputs: 2 }));
  const network = builder.build();
  const chain = fuse(network);
  const widths = tensorSizes(network, chain);
  assert.is(planCache(chain, widths).cuts.length, 1_999);
  // Of equal layers the cuts that save most are far apart.
  assert.equal(planCache(chain, widths, 6).cuts, [500, 1_000, 1_500]);
});

test('a plan starts at the deepest cut that may be cached', () => {
  const cache = new PrefixCache(layers, { cuts: [4, 8] });
  const masks = fullMasks(residual);
  const changed = (mask: number) =>
    masks.with(mask, { ...masks[mask]!, words: masks[mask]!.words.map(() => 0) });
  planOf(cache, [masks]);
  // Mask 4 is that of b2, layer 5; mask 6 that of the last layer.
  const extend = { from: 0, to: 4, masks: changed(4), parameters: undefined };
  assert.equal(planOf(cache, [changed(4)]), { extend, start: 4 });
  const batch = [changed(6), masks];
  const further = { from: 4, to: 8, masks: batch[0], parameters: undefined };
  assert.equal(planOf(cache, batch), { extend: further, start: 8 });
  assert.equal(planOf(cache, [changed(3)]).start, 4);
});

for (const [name, network] of Object.entries(GRAPHS)) {
  test(`${name}: losses do not depend on the memory for cached activations`, async () => {
    const model = randomModel(network, name);
    const images = randomImages(network, 40, name);
    const elements = tensorSizes(network, fuse(network)).reduce((a, b) => a + b, 0);
    const lossesWith = async (memory: number) => {
      const evaluator = new EngineEvaluator(model, new ReferenceRunner(model, images, memory));
      const found: unknown[] = [];
      const start = randomMasks(network, 0.8, name);
      for (const mask of [...start.keys(), ...start.keys()].reverse()) {
        const proposal = start.with(mask, randomMasks(network, 0.5, `${name} ${mask}`)[mask]!);
        found.push(await evaluator.evaluate([{ masks: start }, { masks: proposal, lossLimit: 1 }]));
        found.push(await evaluator.evaluate([{ masks: proposal }]));
      }
      await evaluator.close();
      return { found, macs: evaluator.work.macs };
    };
    const all = await lossesWith(Infinity);
    const some = await lossesWith(8 * images.count * elements * 0.3);
    const none = await lossesWith(0);
    assert.equal(some.found, all.found);
    assert.equal(none.found, all.found);
    assert.ok(all.macs <= some.macs && some.macs < none.macs, `${all.macs} ${some.macs} ${none.macs}`);
  });
}

test.run();
