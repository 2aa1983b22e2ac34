import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { macsOf, prunedMacsOf } from '../../../../src/engine/plan/macs.ts';
import { fullMask, maskFromBytes } from '../../../../src/core/mask.ts';
import { layers, MACS, TOTAL } from './lenet5.ts';

test('the layers of LeNet-5 cost what was counted by hand', () => {
  const found = layers.map(({ macs }) => macs);
  assert.equal(found, MACS);
  assert.equal(MACS, [117_600, 240_000, 48_000, 10_080, 840]);
  assert.is(macsOf(layers, 0, 5), TOTAL);
  assert.is(macsOf(layers, 1, 3), 288_000);
  assert.is(macsOf(layers, 2, 2), 0);
});

test('pruned weights are counted by what each of them would have cost', () => {
  const masks = layers.map(({ weights }) => fullMask(weights));
  assert.is(prunedMacsOf(layers, masks, 0, 5), 0);
  const pruned = masks
    .with(0, maskFromBytes(Array.from({ length: 150 }, (_, i) => (i < 100 ? 0 : 1))))
    .with(4, maskFromBytes(Array.from({ length: 840 }, (_, i) => (i === 3 ? 0 : 1))));
  assert.is(prunedMacsOf(layers, pruned, 0, 5), (100 / 150) * 117_600 + 1);
  assert.is(prunedMacsOf(layers, pruned, 1, 5), 1);
  assert.is(prunedMacsOf(layers, pruned, 1, 4), 0);
});

test.run();
