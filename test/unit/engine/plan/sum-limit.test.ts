import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sumLimit, toEvaluation } from '../../../../src/engine/plan/sum-limit.ts';
import { LOSS_UNITS } from '../../../../src/kernels/loss-sum.ts';
import { generator } from '../../../helpers/data/numbers.ts';

const random = generator('sum limit');
/** From 0 to below 1. */
const uniform = () => random.below(2 ** 30) / 2 ** 30;

const sum = (units: number, correct = 0) => ({ units, correct });

test('an evaluation is the mean loss in nats and the fraction of correct images', () => {
  assert.equal(toEvaluation(sum(3 * LOSS_UNITS, 7), 8, undefined), {
    exceeded: false,
    loss: 0.375,
    accuracy: 0.875,
  });
  assert.equal(toEvaluation(sum(0, 8), 8, undefined), { exceeded: false, loss: 0, accuracy: 1 });
  // A sum of more than 32 bits, to the last unit.
  const units = 2 ** 45 + 1;
  assert.equal(toEvaluation(sum(units), 1, undefined), {
    exceeded: false,
    loss: units / 2 ** 20,
    accuracy: 0,
  });
});

test('a loss exactly at the limit is not exceeded, one unit more is, and there is no partial number', () => {
  for (const [images, limit] of [
    [8, 0.375],
    [1, 4_095],
    [10_000, 0.125],
    [4_096, 1],
    [2_000, 0],
  ] as const) {
    const at = images * limit * LOSS_UNITS;
    assert.equal(toEvaluation(sum(at, 1), images, limit), {
      exceeded: false,
      loss: limit,
      accuracy: 1 / images,
    });
    assert.equal(toEvaluation(sum(at + 1, 1), images, limit), { exceeded: true });
  }
});

test('a limit that is the loss of a candidate does not exceed it', () => {
  for (let i = 0; i < 1_000; i++) {
    const [images, units] = [1 + random.below(10_000), random.below(2 ** 40)];
    const free = toEvaluation(sum(units), images, undefined);
    assert.ok(!free.exceeded);
    assert.is(toEvaluation(sum(units), images, free.loss).exceeded, false);
    assert.is(toEvaluation(sum(units + 1), images, free.loss).exceeded, true);
    assert.is(toEvaluation(sum(units), images, Infinity).exceeded, false);
  }
});

test('a limit below every loss is always exceeded', () => {
  assert.equal(toEvaluation(sum(0, 5), 5, -1e-9), { exceeded: true });
});

test('the sum limit of a loss is the largest sum with that loss, whatever the rounding of the product', () => {
  let roundedDown = 0;
  for (let i = 0; i < 5_000; i++) {
    const images = 1 + random.below(10_000);
    const units = random.below(images * LOSS_UNITS);
    const { loss } = toEvaluation(sum(units), images, undefined) as { loss: number };
    assert.is(sumLimit(loss, images), units);
    if (Math.floor(loss * LOSS_UNITS * images) < units) roundedDown++;
  }
  assert.ok(roundedDown > 0, 'no product was rounded down');
});

test('the sum limit is the largest sum that is not above the loss limit, to the unit', () => {
  for (let i = 0; i < 5_000; i++) {
    const images = 1 + random.below(10_000);
    const limit = uniform() * 10 ** random.below(4) * (uniform() < 0.1 ? 1e-9 : 1);
    const units = sumLimit(limit, images);
    if (limit >= 4_095) continue;
    assert.ok(Number.isSafeInteger(units) && units >= 0);
    assert.is(toEvaluation(sum(units), images, limit).exceeded, false);
    assert.is(toEvaluation(sum(units + 1), images, limit).exceeded, true);
  }
  for (const none of [undefined, Infinity, 4_095, 1e300]) assert.is(sumLimit(none, 10), Infinity);
  for (const all of [-1e-300, -1, -Infinity]) assert.is(sumLimit(all, 10), -1);
  assert.is(sumLimit(0, 10), 0);
});

test.run();
