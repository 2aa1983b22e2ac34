import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { doublingRange, percentAxis, roundRange } from '../../../../src/report/chart/axes.ts';

test('an axis has round ends around its values and few labels', () => {
  assert.equal(roundRange([0.0895, 0.985], 5), { min: 0, max: 1, interval: 0.2 });
  assert.equal(roundRange([86.7, 97.2], 5), { min: 85, max: 100, interval: 5 });
  assert.equal(roundRange([0.31, 0.58], 5), { min: 0.3, max: 0.6, interval: 0.1 });
  assert.equal(roundRange([-3, 4], 5), { min: -4, max: 4, interval: 2 });
});

test('an axis has a length for one value, for none and for those that are not finite', () => {
  for (const values of [[7], [0], [], [NaN, Infinity], [0.5, NaN, -Infinity]]) {
    const { min, max, interval } = roundRange(values, 5);
    assert.ok(max > min && interval > 0 && Number.isFinite(max - min), String(values));
    for (const value of values.filter(Number.isFinite)) assert.ok(min <= value && value <= max);
  }
});

test('a logarithmic axis goes from power to power', () => {
  assert.equal(doublingRange([2.3, 100]), { min: 2, max: 128 });
  assert.equal(doublingRange([4]), { min: 4, max: 8 });
  assert.equal(doublingRange([0, -1, NaN, 3]), { min: 2, max: 4 });
  const { min, max } = doublingRange([]);
  assert.ok(min > 0 && max > min && max < Infinity);
});

test('an axis of percentages begins at 0', () => {
  assert.equal(percentAxis(0.438), { min: 0, max: 50, interval: 10 });
  assert.equal(percentAxis(0), { min: 0, max: 0.1, interval: 0.1 });
});

test.run();
