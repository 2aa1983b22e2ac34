import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { randomOrder } from '../../../src/baselines/random.ts';
import { lenet5 } from '../../../src/network/lenet5.ts';
import { randomStream } from '../../../src/core/random.ts';
import { handModel } from './hand-model.ts';

test('by hand: each place from the last swaps with the one drawn', () => {
  // Draws 0, so every place swaps with the first.
  assert.equal([...randomOrder(handModel, () => 0).weights], [1, 2, 3, 4, 5, 6, 7, 0]);
  // Draws the place itself.
  assert.equal([...randomOrder(handModel, () => 1 - 2 ** -32).weights], [0, 1, 2, 3, 4, 5, 6, 7]);
});

test('every weight of LeNet-5 stands in the order once', () => {
  const { layers, weights } = randomOrder({ network: lenet5() }, randomStream('1'));
  assert.equal(layers, [150, 2400, 48000, 10080, 840]);
  const indices = Uint32Array.from({ length: 61470 }, (_, i) => i);
  assert.equal(weights.slice().sort(), indices);
});

test('every weight is as likely as any other at every place', () => {
  const runs = 16_000;
  const random = randomStream('uniform');
  const counts = new Uint32Array(64);
  for (let run = 0; run < runs; run++) {
    randomOrder(handModel, random).weights.forEach((weight, place) => counts[8 * weight + place]!++);
  }
  // Six standard deviations of a binomial count.
  const allowed = 6 * Math.sqrt(runs * (1 / 8) * (7 / 8));
  for (const count of counts) assert.ok(Math.abs(count - runs / 8) < allowed, `${count} of ${runs / 8}`);
});

test.run();
