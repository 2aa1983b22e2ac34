import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TUNED_DEFAULTS, type TunedAnnealingOptions } from '../../../../src/search/tuned/options.ts';
import { Timetable } from '../../../../src/search/tuned/timetable.ts';

const timetableOf = (options: Partial<TunedAnnealingOptions>) =>
  new Timetable({ ...TUNED_DEFAULTS, evaluations: 1000, ...options });
const open = { evaluations: Infinity, patience: 50 };
/** Spends this share of another budget. */
const spent = (share: number) => ({ evaluations: Infinity, spent: () => share });

const FAR = 1e6;
const dates = { evaluations: 100, improvedAt: 0, visitEnd: FAR, nextValidation: FAR };

test('the expected length is the budget, what the share spent suggests, or 3,000', () => {
  assert.is(timetableOf({}).expected(7), 1000);
  assert.is(timetableOf({ spent: () => 0.5 }).expected(7), 1000);
  assert.is(timetableOf(open).expected(7), 3000);
  assert.is(timetableOf(spent(0.25)).expected(100), 400);
  assert.is(timetableOf(spent(0)).expected(100), 100_000);
  assert.is(timetableOf(spent(0.9)).expected(9), 64);
});

test('the share used is that of evaluations unless another budget is spent', () => {
  assert.is(timetableOf({}).shareUsed(250), 0.25);
  assert.is(timetableOf(open).shareUsed(6000), 2);
  assert.is(timetableOf({ spent: () => 0.9 }).shareUsed(250), 0.9);
});

test('a search is validated 64 times, and after every evaluation at most', () => {
  assert.is(timetableOf({}).nextValidation(100), 116);
  assert.is(timetableOf({ evaluations: 20 }).nextValidation(2), 3);
});

test('calibration takes three trials in each layer, as far as a tenth of the budget allows', () => {
  assert.is(timetableOf({}).calibrationsPerLayer(5), 3);
  assert.is(timetableOf({}).calibrationsPerLayer(50), 2);
  assert.is(timetableOf({}).calibrationsPerLayer(101), 0);
  assert.is(timetableOf(open).calibrationsPerLayer(1e6), 3);
});

test('a search is over one evaluation early, when patience ends or another budget is spent', () => {
  const isOver = (options: Partial<TunedAnnealingOptions>, evaluations: number, isTargetMet = true) =>
    timetableOf(options).isOver({ ...dates, evaluations, improvedAt: 30 }, isTargetMet);
  assert.equal([isOver({}, 998), isOver({}, 999), isOver({}, 999, false)], [false, true, true]);
  // Patience waits for a target.
  assert.equal([isOver(open, 79), isOver(open, 80), isOver(open, 80, false)], [false, true, false]);
  assert.equal([isOver(spent(0.99), 100), isOver(spent(1), 100)], [false, true]);
});

test('a target is pruned to after seven tenths, or two evaluations before the end', () => {
  const isDue = (options: Partial<TunedAnnealingOptions>, evaluations: number) =>
    timetableOf(options).isPruningDue({ ...dates, evaluations });
  assert.equal([isDue({}, 699), isDue({}, 700)], [false, true]);
  assert.equal([isDue({ spent: () => 0.1 }, 997), isDue({ spent: () => 0.1 }, 998)], [false, true]);
  assert.equal([isDue(spent(0.69), 5), isDue(spent(0.7), 5)], [false, true]);
});

test('proposals end where something else is due, and there is at least one', () => {
  const left = (
    options: Partial<TunedAnnealingOptions>,
    changes: Partial<typeof dates> = {},
    isTargetMet = true,
  ) => timetableOf(options).proposalsLeft({ ...dates, ...changes }, isTargetMet);
  assert.is(left({}), 899);
  assert.is(left({}, { nextValidation: 116 }), 16);
  assert.is(left({}, { visitEnd: 105, nextValidation: 116 }), 5);
  assert.is(left({}, { nextValidation: 90 }), 1);
  assert.is(left(open, { improvedAt: 70 }), 20);
  // With a target that is missed, until it must be pruned to; patience does not count.
  assert.is(left({}, {}, false), 600);
  assert.is(left({ evaluations: 145 }, {}, false), 2);
  assert.is(left({ ...open, evaluations: 1000 }, {}, false), 600);
  // What a clock will say cannot be planned for.
  assert.is(left({ spent: () => 0.1 }, {}, false), 898);
  assert.is(left(spent(0.1)), FAR - 100);
});

test.run();
