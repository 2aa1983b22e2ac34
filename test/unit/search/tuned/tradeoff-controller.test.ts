import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MasksearchError } from '../../../../src/core/error.ts';
import { goalOf } from '../../../../src/search/tuned/goal.ts';
import { TradeoffController, type StoredTradeoff } from '../../../../src/search/tuned/tradeoff-controller.ts';

const tuning = { loss: 0.5, accuracy: 0.75 };
const validation = { loss: 0.75, accuracy: 0.75 };
const scoreOf = (loss: number) => ({ loss, accuracy: 0.5 });

/** The loss may rise by a quarter. */
const towardsLoss = () => new TradeoffController(goalOf({ maxLoss: 1 }, 100), tuning, validation);
const towardsZeros = () => new TradeoffController(goalOf({ targetSparsity: 0.8 }, 100), tuning, validation);

function priceAfter(loss: number, share: number): number {
  const tradeoff = towardsLoss();
  tradeoff.check(scoreOf(loss));
  tradeoff.steer(0.5, 0, share);
  return tradeoff.lossPerWeight;
}

test('the first lossPerWeight is thirty times what the loss may rise by, without a limit at first', () => {
  assert.is(towardsLoss().lossPerWeight, 30 * 0.25);
  assert.is(towardsLoss().lossCap, Infinity);
});

test('towards a number of zeros, the first lossPerWeight is the loss', () => {
  assert.is(towardsZeros().lossPerWeight, 0.5);
  assert.is(towardsZeros().lossCap, Infinity);
  const lossless = new TradeoffController(goalOf({ targetSparsity: 0.8 }, 100), scoreOf(0), scoreOf(0));
  assert.ok(lossless.lossPerWeight > 0);
});

test('a state obeys the goal if its validation loss rose by no more than it may', () => {
  const tradeoff = towardsLoss();
  for (const loss of [0, 0.75, 0.9, 1]) assert.ok(tradeoff.check(scoreOf(loss)), `${loss}`);
  for (const loss of [1 + 2 ** -50, 1.1, 5]) assert.not.ok(tradeoff.check(scoreOf(loss)), `${loss}`);
  assert.ok(towardsZeros().check(scoreOf(1e6)));
});

test('the lossPerWeight falls where the budgetUsed is clearly above its path, rises where below, and rests between', () => {
  // A quarter of the budget: half the budgetUsed.
  const loadOf = (budgetUsed: number) => 0.75 + 0.25 * budgetUsed;
  for (const budgetUsed of [0.61, 0.9, 3])
    assert.is(priceAfter(loadOf(budgetUsed), 0.25), 7.5 / 1.05, `${budgetUsed}`);
  for (const budgetUsed of [0.39, 0, -1])
    assert.is(priceAfter(loadOf(budgetUsed), 0.25), 7.5 * 1.05, `${budgetUsed}`);
  for (const budgetUsed of [0.41, 0.5, 0.59])
    assert.is(priceAfter(loadOf(budgetUsed), 0.25), 7.5, `${budgetUsed}`);
});

test('the path is the root of the share of the budget, and ends at all', () => {
  const capAt = (share: number) => {
    const tradeoff = towardsLoss();
    tradeoff.steer(0.5, 0, share);
    return tradeoff.lossCap;
  };
  assert.is(capAt(0), 0.5);
  assert.is(capAt(0.25), 0.5 + 0.25 / 2);
  assert.is(capAt(0.0625), 0.5 + 0.25 / 4);
  assert.is(capAt(1), 0.75);
  assert.is(capAt(7), 0.75);
});

test('the loss may rise by what the current state leaves of the path', () => {
  const tradeoff = towardsLoss();
  tradeoff.check(scoreOf(0.75 + 0.125));
  tradeoff.steer(0.625, 0, 0.5625);
  assert.is(tradeoff.lossCap, 0.625 + 0.25 * 0.25);
  // One that is beyond it must go back.
  tradeoff.check(scoreOf(1));
  tradeoff.steer(0.625, 0, 0.25);
  assert.is(tradeoff.lossCap, 0.625 - 0.5 * 0.25);
});

test('towards a number of zeros, the lossPerWeight rises while there are fewer than the share of the budget asks for', () => {
  const isRaised = (zeros: number, share: number) => {
    const tradeoff = towardsZeros();
    tradeoff.steer(0.5, zeros, share);
    assert.is(tradeoff.lossCap, Infinity);
    assert.ok([0.5, 0.75].includes(tradeoff.lossPerWeight), `${tradeoff.lossPerWeight}`);
    return tradeoff.lossPerWeight === 0.75;
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
    const tradeoff = make();
    tradeoff.check(scoreOf(0.8));
    tradeoff.steer(0.55, 10, 0.3);
    const text = JSON.stringify(tradeoff.store());
    const goal = goalOf(make === towardsLoss ? { maxLoss: 1 } : { targetSparsity: 0.8 }, 100);
    const restored = new TradeoffController(goal, tuning, validation, JSON.parse(text) as StoredTradeoff);
    for (const share of [0.3, 0.5, 0.9]) {
      assert.is(restored.lossPerWeight, tradeoff.lossPerWeight);
      assert.is(restored.lossCap, tradeoff.lossCap);
      // The budgetUsed is remembered.
      for (const one of [tradeoff, restored]) one.steer(0.6, 20, share);
    }
    assert.is(restored.lossPerWeight, tradeoff.lossPerWeight);
    assert.is(restored.lossCap, tradeoff.lossCap);
  }
});

test('a network that does not obey the goal is infeasible', () => {
  let error: unknown;
  try {
    new TradeoffController(goalOf({ maxLoss: 0.7 }, 100), tuning, validation);
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof MasksearchError && error.code === 'infeasible');
});

test.run();
