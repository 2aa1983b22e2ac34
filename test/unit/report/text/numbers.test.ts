import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as numbers from '../../../../src/report/text/numbers.ts';

test('in HTML a unit stays on the line of its number, elsewhere the space is plain', () => {
  assert.is(numbers.percent(0.43838), '43.84\u00a0%');
  assert.is(numbers.duration(12.345), '12.3\u00a0s');
  assert.is(numbers.duration(65), '1\u00a0min 5\u00a0s');
  assert.is(numbers.bytes(245_880), '246\u00a0kB');
  assert.is(numbers.plain.percent(0.43838), '43.84 %');
  assert.is(numbers.plain.duration(65), '1 min 5 s');
  assert.is(numbers.plain.bytes(245_880), '246 kB');
});

test('percentages have two decimals or as many as asked for', () => {
  assert.is(numbers.plain.percent(0.43838, 1), '43.8 %');
  assert.is(numbers.plain.percent(0.43838, 0), '44 %');
});

test('durations', () => {
  const { duration } = numbers.plain;
  assert.is(duration(0.01234), '0.0123 s');
  assert.is(duration(59.99), '60 s');
  assert.is(duration(60), '1 min 0 s');
  assert.is(duration(3599.6), '1 h 0 min');
  assert.is(duration(7830), '2 h 11 min');
  assert.is(duration(NaN), 'NaN s');
});

test('short durations have one decimal below 10 s, and none above', () => {
  const short = (seconds: number) => numbers.plain.duration(seconds, 'short');
  assert.equal([0.01, 9.87, 12.34, 59.4].map(short), ['0.0 s', '9.9 s', '12 s', '59 s']);
  assert.equal([59.6, 185, 7830, NaN].map(short), ['1 min 0 s', '3 min 5 s', '2 h 11 min', 'NaN s']);
});

test('rough durations have one unit', () => {
  const rough = (seconds: number) => numbers.plain.duration(seconds, 'rough');
  assert.equal([0.4, 89.4, 90, 5399].map(rough), ['0 s', '89 s', '2 min', '90 min']);
  assert.equal([5400, 9000].map(rough), ['1.5 h', '2.5 h']);
});

test('bytes', () => {
  const { bytes } = numbers.plain;
  assert.is(bytes(0), '0 bytes');
  assert.is(bytes(7684), '7,684 bytes');
  assert.is(bytes(245_880), '246 kB');
  assert.is(bytes(10_912_345), '10.9 MB');
});

test('counts, large numbers and parameters', () => {
  assert.is(numbers.count(61_470), '61,470');
  assert.is(numbers.count(1234.6), '1,235');
  assert.is(numbers.counted(1, 'image'), '1 image');
  assert.is(numbers.counted(2000, 'image'), '2,000 images');
  assert.is(numbers.inWords(3.1e11), '310 billion');
  assert.is(numbers.inWords(0), '0');
  assert.is(numbers.parameter(1e8), '100,000,000');
  assert.is(numbers.parameter(0.00075), '0.00075');
  assert.is(numbers.parameter('paper'), 'paper');
});

test('a signed number that shows as 0 has no sign', () => {
  const values = [1.234, -1.234, 0.004, -0.004, 0.006, NaN, -Infinity];
  const signed = values.map((value) => numbers.signed(value));
  assert.equal(signed, ['+1.23', '−1.23', '0.00', '0.00', '+0.01', 'NaN', '−Infinity']);
  assert.is(numbers.signed(-0.04, 1), '0.0');
});

test('numbers in a column have four or five digits', () => {
  assert.equal([0.1234, 9.87654, 45.6, 123.45, 1234.5].map(numbers.inColumn), [
    ...['0.123', '9.877', '45.60', '123.5', '1235'],
  ]);
});

test('a number that is not finite is named', () => {
  assert.is(numbers.percent(NaN), 'NaN\u00a0%');
  assert.is(numbers.fixed(Infinity, 4), 'Infinity');
  assert.is(numbers.nats(NaN), 'NaN');
  assert.is(numbers.count(NaN), 'NaN');
});

test.run();
