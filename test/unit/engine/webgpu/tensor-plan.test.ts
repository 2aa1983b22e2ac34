import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { arenaParts, TensorPlan } from '../../../../src/engine/webgpu/tensor-plan.ts';
import { fuse } from '../../../../src/network/fuse.ts';
import { lastReaders } from '../../../../src/network/liveness.ts';
import { lenet5 } from '../../../../src/network/lenet5.ts';
import { GRAPHS } from '../../../helpers/data/graphs/index.ts';

test('a chain takes two parts of the arena, residual blocks take three', () => {
  assert.equal(arenaParts(fuse(lenet5())), [0, 0, 1, 0, 1, 0]);
  assert.is(new TensorPlan(GRAPHS.residual, fuse(GRAPHS.residual)).partCount, 3);
});

test('no layer writes the part of a tensor that it or a later layer reads', () => {
  for (const [name, network] of Object.entries(GRAPHS)) {
    const layers = fuse(network);
    const parts = arenaParts(layers);
    const readers = lastReaders(layers);
    layers.forEach((_, s) => {
      for (let tensor = 1; tensor <= s; tensor++) {
        if (readers[tensor]! >= s) assert.is.not(parts[tensor], parts[s + 1], `${name}, layer ${s}`);
      }
    });
  }
});

test('candidates read what was before their cut from the cache, and all else from the arena', () => {
  const plan = new TensorPlan(GRAPHS.residual, fuse(GRAPHS.residual));
  // Of the first block: stem, a1, a2, and the sum of a2 and the stem.
  const sum = plan.layers.findIndex(({ kind }) => kind === 'add');
  assert.equal([sum, plan.layers[sum]!.reads], [3, [3, 1]]);
  assert.equal(plan.aliveAt(2), [1, 2]);
  assert.equal(plan.placesFrom(2, sum), { reads: ['arena', 'cache'], writes: 'arena' });
  assert.equal(plan.placesFrom(3, sum), { reads: ['cache', 'cache'], writes: 'arena' });
  assert.equal(plan.placesFrom(0, sum), { reads: ['arena', 'arena'], writes: 'arena' });
});

test('with less memory fewer tensors are cached, and the others are written to the arena when the cache is extended', () => {
  const layers = fuse(GRAPHS.residual);
  const all = new TensorPlan(GRAPHS.residual, layers);
  assert.equal(all.cuts, [...layers.keys()].slice(1));
  assert.is(all.maxUncached(0, layers.length - 1), 0);
  const none = new TensorPlan(GRAPHS.residual, layers, 0);
  assert.equal([none.cuts, [...none.cached], none.maxCached], [[], [0], 64]);
  const some = new TensorPlan(GRAPHS.residual, layers, 8);
  const [cut] = some.cuts;
  assert.equal([...some.cached], [0, cut!]);
  assert.is(some.maxUncached(0, cut!), 3 * 64);
  assert.equal(some.placesOfExtending(0), { reads: ['cache'], writes: 'arena' });
  assert.is(some.placesOfExtending(cut! - 1).writes, 'cache');
});

test.run();
