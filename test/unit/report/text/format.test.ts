import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as format from '../../../../src/report/text/format.ts';

test('a unit stays on the line of its number', () => {
  assert.is(format.percent(0.43838), '43.84\u00a0%');
  assert.is(format.duration(12.345), '12.3\u00a0s');
});

test('durations', () => {
  const text = (seconds: number) => format.duration(seconds).replaceAll('\u00a0', ' ');
  assert.is(text(0.01234), '0.0123 s');
  assert.is(text(59.99), '60 s');
  assert.is(text(60), '1 min 0 s');
  assert.is(text(3599.6), '1 h 0 min');
  assert.is(text(7830), '2 h 11 min');
  assert.is(text(NaN), 'NaN s');
});

test('bytes', () => {
  const text = (value: number) => format.bytes(value).replaceAll('\u00a0', ' ');
  assert.is(text(0), '0 bytes');
  assert.is(text(7684), '7,684 bytes');
  assert.is(text(245_880), '246 kB');
  assert.is(text(10_912_345), '10.9 MB');
});

test('counts, large numbers and parameters', () => {
  assert.is(format.count(61_470), '61,470');
  assert.is(format.inWords(3.1e11), '310 billion');
  assert.is(format.inWords(0), '0');
  assert.is(format.parameter(1e8), '100,000,000');
  assert.is(format.parameter(0.00075), '0.00075');
  assert.is(format.parameter('paper'), 'paper');
});

test('a number that is none is said to be none', () => {
  assert.is(format.percent(NaN), 'NaN\u00a0%');
  assert.is(format.fixed(Infinity, 4), 'Infinity');
});

test.run();
