import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MasksearchError } from '../../../../src/core/error.ts';
import { goalOf } from '../../../../src/search/tuned/goal.ts';
import { Steering, type StoredSteering } from '../../../../src/search/tuned/tradeoff-controller.ts';

const optimised = { loss: 0.5, accuracy: 0.75 };
const selection = { loss: 0.75, accuracy: 0.75 };
const scoreOf = (loss: number) => ({ loss, accuracy: 0.5 });

/** The loss may rise by a quarter. */
const towardsLoss = () => new Steering(goalOf({ maxLoss: 1 }, 100), optimised, selection);
const towardsZeros = () => new Steering(goalOf({ targetSparsity: 0.8 }, 100), optimised, selection);

function priceAfter(loss: number, share: number): number {
  const steering = towardsLoss();
  steering.check(scoreOf(loss));
  steering.steer(0.5, 0, share);
  return steering.price;
}

test('the first price is thirty times what the loss may rise by, without a limit at first', () => {
  assert.is(towardsLoss().price, 30 * 0.25);
  assert.is(towardsLoss().lossCap, Infinity);
});

test('towards a number of zeros, the first price is the loss', () => {
  assert.is(towardsZeros().price, 0.5);
  assert.is(towardsZeros().lossCap, Infinity);
  const lossless = new Steering(goalOf({ targetSparsity: 0.8 }, 100), scoreOf(0), scoreOf(0));
  assert.ok(lossless.price > 0);
});

test('a state obeys the goal if its selection loss rose by no more than it may', () => {
  const steering = towardsLoss();
  for (const loss of [0, 0.75, 0.9, 1]) assert.ok(steering.check(scoreOf(loss)), `${loss}`);
  for (const loss of [1 + 2 ** -50, 1.1, 5]) assert.not.ok(steering.check(scoreOf(loss)), `${loss}`);
  assert.ok(towardsZeros().check(scoreOf(1e6)));
});

test('the price falls where the load is clearly above its path, rises where below, and rests between', () => {
  // A quarter of the budget: half the load.
  const loadOf = (load: number) => 0.75 + 0.25 * load;
  for (const load of [0.61, 0.9, 3]) assert.is(priceAfter(loadOf(load), 0.25), 7.5 / 1.05, `${load}`);
  for (const load of [0.39, 0, -1]) assert.is(priceAfter(loadOf(load), 0.25), 7.5 * 1.05, `${load}`);
  for (const load of [0.41, 0.5, 0.59]) assert.is(priceAfter(loadOf(load), 0.25), 7.5, `${load}`);
});

test('the path is the root of the share of the budget, and ends at all', () => {
  const capAt = (share: number) => {
    const steering = towardsLoss();
    steering.steer(0.5, 0, share);
    return steering.lossCap;
  };
  assert.is(capAt(0), 0.5);
  assert.is(capAt(0.25), 0.5 + 0.25 / 2);
  assert.is(capAt(0.0625), 0.5 + 0.25 / 4);
  assert.is(capAt(1), 0.75);
  assert.is(capAt(7), 0.75);
});

test('the loss may rise by what the current state leaves of the path', () => {
  const steering = towardsLoss();
  steering.check(scoreOf(0.75 + 0.125));
  steering.steer(0.625, 0, 0.5625);
  assert.is(steering.lossCap, 0.625 + 0.25 * 0.25);
  // One that is beyond it must go back.
  steering.check(scoreOf(1));
  steering.steer(0.625, 0, 0.25);
  assert.is(steering.lossCap, 0.625 - 0.5 * 0.25);
});

test('towards a number of zeros, the price rises while there are fewer than the share of the budget asks for', () => {
  const isRaised = (zeros: number, share: number) => {
    const steering = towardsZeros();
    steering.steer(0.5, zeros, share);
    assert.is(steering.lossCap, Infinity);
    assert.ok([0.5, 0.75].includes(steering.price), `${steering.price}`);
    return steering.price === 0.75;
  };
  // All eighty are due at four tenths.
  assert.ok(isRaised(39, 0.2));
  assert.not.ok(isRaised(40, 0.2));
  assert.ok(isRaised(79, 0.4));
  assert.ok(isRaised(79, 0.9));
  assert.not.ok(isRaised(80, 0.9));
  assert.not.ok(isRaised(0, 0));
});

test('it comes back from JSON', () => {
  for (const make of [towardsLoss, towardsZeros]) {
    const steering = make();
    steering.check(scoreOf(0.8));
    steering.steer(0.55, 10, 0.3);
    const text = JSON.stringify(steering.store());
    const goal = goalOf(make === towardsLoss ? { maxLoss: 1 } : { targetSparsity: 0.8 }, 100);
    const restored = new Steering(goal, optimised, selection, JSON.parse(text) as StoredSteering);
    for (const share of [0.3, 0.5, 0.9]) {
      assert.is(restored.price, steering.price);
      assert.is(restored.lossCap, steering.lossCap);
      // The load is remembered.
      for (const one of [steering, restored]) one.steer(0.6, 20, share);
    }
    assert.is(restored.price, steering.price);
    assert.is(restored.lossCap, steering.lossCap);
  }
});

test('a network that does not obey the goal is infeasible', () => {
  let error: unknown;
  try {
    new Steering(goalOf({ maxLoss: 0.7 }, 100), optimised, selection);
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof MasksearchError && error.code === 'infeasible');
});

test.run();
