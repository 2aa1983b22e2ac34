import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_ACCURACY_DROP, goalOf, type GoalOptions } from '../../../../src/search/tuned/goal.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { searchError } from '../../../helpers/search/drive-search.ts';

const tuning = { loss: 0.08, accuracy: 0.96 };
const validation = { loss: 0.1, accuracy: 0.95 };

test('an accuracy drop becomes a growth of the loss that was tuned on', () => {
  const goal = goalOf({ maxAccuracyDrop: 2 }, 100);
  assert.is(goal.zeros, undefined);
  // Half as many errors again are two points of four: half the loss, and a quarter of that.
  assert.ok(Math.abs(goal.lossBudget(tuning, validation) - 0.08 * 0.5 * 1.25) < 1e-15);
  assert.is(goal.lossBudget(tuning, { loss: 3, accuracy: 0 }), goal.lossBudget(tuning, validation));
});

test('a drop of one point is the goal if none is given', () => {
  assert.is(DEFAULT_ACCURACY_DROP, 1);
  const one = goalOf({ maxAccuracyDrop: 1 }, 100).lossBudget(tuning, validation);
  assert.is(goalOf({}, 100).lossBudget(tuning, validation), one);
  const unset: GoalOptions = { maxAccuracyDrop: undefined, maxLoss: undefined, targetSparsity: undefined };
  assert.is(goalOf(unset, 100).lossBudget(tuning, validation), one);
  assert.ok(one > 0 && goalOf({ maxAccuracyDrop: 3 }, 100).lossBudget(tuning, validation) > 2.9 * one);
});

test('a network without errors is taken to make one in a thousand', () => {
  const goal = goalOf({ maxAccuracyDrop: 1 }, 100);
  const budget = goal.lossBudget({ loss: 0.002, accuracy: 1 }, validation);
  assert.ok(Math.abs(budget - 1.25 * 0.002 * 10) < 1e-15, `${budget}`);
  assert.is(goal.lossBudget({ loss: 0.002, accuracy: 0.9995 }, validation), budget);
  assert.ok(goal.lossBudget({ loss: 0.002, accuracy: 0.998 }, validation) < 0.51 * budget);
});

test('a largest loss leaves what is below it, on the validation images', () => {
  const goal = goalOf({ maxLoss: 0.15 }, 100);
  assert.is(goal.zeros, undefined);
  assert.is(goal.lossBudget(tuning, validation), 0.15 - 0.1);
  assert.is(goal.lossBudget({ loss: 9, accuracy: 0 }, validation), 0.15 - 0.1);
});

test('a largest loss that the unpruned network does not stay below is infeasible', async () => {
  for (const maxLoss of [0.1, 0.05, 1e-300]) {
    const goal = goalOf({ maxLoss }, 100);
    assert.is(goal.maxUnprunedLoss, maxLoss);
    const error = await searchError('infeasible', () => goal.lossBudget(tuning, validation));
    assert.is(error.option, 'maxLoss');
    assert.ok(error.message.includes('0.1 ') && error.message.includes(String(maxLoss)), error.message);
  }
  assert.ok(goalOf({ maxLoss: 0.1 + 2 ** -50 }, 100).lossBudget(tuning, validation) > 0);
});

test('a target is a number of zeros, whatever the loss', () => {
  const zerosOf = (targetSparsity: number, weights: number) => goalOf({ targetSparsity }, weights).zeros;
  assert.is(zerosOf(0.8, 100), 80);
  assert.is(zerosOf(0.5, 101), 51);
  assert.is(zerosOf(0.1, 44_190), 4419);
  assert.is(zerosOf(0.001, 100), 0);
  assert.is(zerosOf(0.999, 100), 100);
  assert.is(goalOf({ targetSparsity: 0.8 }, 100).lossBudget(tuning, validation), Infinity);
});

test('a rise of the loss is a share of the unpruned loss on the validation images', () => {
  const goal = goalOf({ maxLossRise: 5 }, 100);
  assert.ok(Math.abs(goal.lossBudget({ loss: 9 }, { loss: 0.4 }) - 0.02) < 1e-12);
  assert.ok(goal.lossBudget({ loss: 0 }, { loss: 0 }) > 0, 'a perfect network can be pruned');
  assert.ok(goal.mayChoose({ loss: 1 }, { loss: 0.4 }));
  assert.is(goal.maxUnprunedLoss, Infinity);
});

test('without a goal, a network without accuracy may lose 5 % of its loss; a drop of accuracy needs one', async () => {
  assert.ok(Math.abs(goalOf({}, 100).lossBudget({ loss: 0.3 }, { loss: 0.4 }) - 0.02) < 1e-12);
  const drop = () => goalOf({ maxAccuracyDrop: 1 }, 100).lossBudget({ loss: 0.3 }, { loss: 0.4 });
  await assertBadInput(drop, /maxAccuracyDrop has no effect on a network without accuracy/);
});

test('two goals are rejected by name', async () => {
  const pairs: readonly GoalOptions[] = [
    { maxAccuracyDrop: 1, maxLoss: 1 },
    { maxAccuracyDrop: 1, targetSparsity: 0.5 },
    { maxAccuracyDrop: 1, maxLossRise: 5 },
    { maxLossRise: 5, maxLoss: 1 },
    { maxLoss: 1, targetSparsity: 0.5 },
    { maxAccuracyDrop: 1, maxLoss: 1, targetSparsity: 0.5 },
  ];
  for (const pair of pairs) {
    const [first, second] = Object.keys(pair);
    await assertBadInput(() => goalOf(pair, 100), new RegExp(`${first} and ${second} are both given`));
    const error = await searchError('bad-input', () => goalOf(pair, 100));
    assert.is(error.option, first);
    assert.equal(error.related, [second]);
  }
});

test('goals out of range are rejected by name', async () => {
  const rejected: Record<keyof GoalOptions, readonly number[]> = {
    maxAccuracyDrop: [0, -1, 100.1, NaN, Infinity],
    maxLossRise: [0, -1, NaN, Infinity],
    maxLoss: [0, -1, NaN, Infinity],
    targetSparsity: [0, 1, -0.1, 1.1, NaN, Infinity],
  };
  for (const [option, values] of Object.entries(rejected)) {
    for (const value of values) {
      const make = () => goalOf({ [option]: value }, 100);
      await assertBadInput(make, new RegExp(`^${option} is ${value} but must be .+`));
      assert.is((await searchError('bad-input', make)).option, option);
    }
  }
  goalOf({ maxAccuracyDrop: 100 }, 100);
  goalOf({ maxAccuracyDrop: 1e-9 }, 100);
  goalOf({ maxLoss: 1e-300 }, 100);
});

test.run();
