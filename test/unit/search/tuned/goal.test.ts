import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MasksearchError } from '../../../../src/core/error.ts';
import { DEFAULT_ACCURACY_DROP, goalOf, type GoalOptions } from '../../../../src/search/tuned/goal.ts';
import { assertBadInput } from '../../../helpers/bad-input.ts';

const tuning = { loss: 0.08, accuracy: 0.96 };
const validation = { loss: 0.1, accuracy: 0.95 };

function errorOf(action: () => unknown): MasksearchError {
  try {
    action();
  } catch (error) {
    if (error instanceof MasksearchError) return error;
    throw error;
  }
  return assert.unreachable('nothing was thrown') as never;
}

test('an accuracy drop becomes a growth of the loss that was tuned on', () => {
  const goal = goalOf({ maxAccuracyDrop: 2 }, 100);
  assert.is(goal.zeros, undefined);
  // Half as many errors again are two points of four: half the loss, and a quarter of that.
  assert.ok(Math.abs(goal.lossRoom(tuning, validation) - 0.08 * 0.5 * 1.25) < 1e-15);
  assert.is(goal.lossRoom(tuning, { loss: 3, accuracy: 0 }), goal.lossRoom(tuning, validation));
});

test('a drop of one point is the goal if none is given', () => {
  assert.is(DEFAULT_ACCURACY_DROP, 1);
  const one = goalOf({ maxAccuracyDrop: 1 }, 100).lossRoom(tuning, validation);
  assert.is(goalOf({}, 100).lossRoom(tuning, validation), one);
  const unset: GoalOptions = { maxAccuracyDrop: undefined, maxLoss: undefined, targetSparsity: undefined };
  assert.is(goalOf(unset, 100).lossRoom(tuning, validation), one);
  assert.ok(one > 0 && goalOf({ maxAccuracyDrop: 3 }, 100).lossRoom(tuning, validation) > 2.9 * one);
});

test('a network without errors is taken to make one in a thousand', () => {
  const goal = goalOf({ maxAccuracyDrop: 1 }, 100);
  const maxPrunable = goal.lossRoom({ loss: 0.002, accuracy: 1 }, validation);
  assert.ok(Math.abs(maxPrunable - 1.25 * 0.002 * 10) < 1e-15, `${maxPrunable}`);
  assert.is(goal.lossRoom({ loss: 0.002, accuracy: 0.9995 }, validation), maxPrunable);
  assert.ok(goal.lossRoom({ loss: 0.002, accuracy: 0.998 }, validation) < 0.51 * maxPrunable);
});

test('a largest loss leaves what is below it, on the validation images', () => {
  const goal = goalOf({ maxLoss: 0.15 }, 100);
  assert.is(goal.zeros, undefined);
  assert.is(goal.lossRoom(tuning, validation), 0.15 - 0.1);
  assert.is(goal.lossRoom({ loss: 9, accuracy: 0 }, validation), 0.15 - 0.1);
});

test('a largest loss that the unmasked network does not stay below is infeasible', () => {
  for (const maxLoss of [0.1, 0.05, 1e-300]) {
    const goal = goalOf({ maxLoss }, 100);
    const error = errorOf(() => goal.lossRoom(tuning, validation));
    assert.is(error.code, 'infeasible');
    assert.is(error.option, 'maxLoss');
    assert.ok(error.message.includes('0.1 ') && error.message.includes(String(maxLoss)), error.message);
  }
  assert.ok(goalOf({ maxLoss: 0.1 + 2 ** -50 }, 100).lossRoom(tuning, validation) > 0);
});

test('a target is a number of zeros, whatever the loss', () => {
  const zerosOf = (targetSparsity: number, weights: number) => goalOf({ targetSparsity }, weights).zeros;
  assert.is(zerosOf(0.8, 100), 80);
  assert.is(zerosOf(0.5, 101), 51);
  assert.is(zerosOf(0.1, 44_190), 4419);
  assert.is(zerosOf(0.001, 100), 0);
  assert.is(zerosOf(0.999, 100), 100);
  assert.is(goalOf({ targetSparsity: 0.8 }, 100).lossRoom(tuning, validation), Infinity);
});

test('two goals are rejected by name', async () => {
  const pairs: readonly GoalOptions[] = [
    { maxAccuracyDrop: 1, maxLoss: 1 },
    { maxAccuracyDrop: 1, targetSparsity: 0.5 },
    { maxLoss: 1, targetSparsity: 0.5 },
    { maxAccuracyDrop: 1, maxLoss: 1, targetSparsity: 0.5 },
  ];
  for (const pair of pairs) {
    const [first, second] = Object.keys(pair);
    await assertBadInput(() => goalOf(pair, 100), new RegExp(`${first} and ${second} are both given`));
    const error = errorOf(() => goalOf(pair, 100));
    assert.is(error.option, first);
    assert.equal(error.related, [second]);
  }
});

test('goals out of range are rejected by name', async () => {
  const rejected: Record<keyof GoalOptions, readonly number[]> = {
    maxAccuracyDrop: [0, -1, 100.1, NaN, Infinity],
    maxLoss: [0, -1, NaN, Infinity],
    targetSparsity: [0, 1, -0.1, 1.1, NaN, Infinity],
  };
  for (const [option, values] of Object.entries(rejected)) {
    for (const value of values) {
      const make = () => goalOf({ [option]: value }, 100);
      await assertBadInput(make, new RegExp(`^${option} is ${value} but must be .+`));
      assert.is(errorOf(make).option, option);
    }
  }
  goalOf({ maxAccuracyDrop: 100 }, 100);
  goalOf({ maxAccuracyDrop: 1e-9 }, 100);
  goalOf({ maxLoss: 1e-300 }, 100);
});

test.run();
