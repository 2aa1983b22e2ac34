import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { studentT } from '../../../../src/report/comparison/student-t.ts';

/** NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2: upper critical values for 0.975 and, last, 0.95 and 0.995. */
for (const [freedom, level, critical] of [
  [1, 0.95, 12.706],
  [2, 0.95, 4.303],
  [3, 0.95, 3.182],
  [4, 0.95, 2.776],
  [5, 0.95, 2.571],
  [9, 0.95, 2.262],
  [10, 0.95, 2.228],
  [29, 0.95, 2.045],
  [30, 0.95, 2.042],
  [100, 0.95, 1.984],
  [1, 0.9, 6.314],
  [2, 0.99, 9.925],
] as const) {
  test(`with ${freedom} degrees of freedom ${100 * level} % are within ${critical}`, () => {
    assert.ok(Math.abs(studentT(freedom, level) - critical) <= 0.00051, `${studentT(freedom, level)}`);
  });
}

test('with many it is that of the normal distribution', () => {
  assert.ok(Math.abs(studentT(100_000, 0.95) - 1.95996) < 5e-5);
});

test('with one and two it is what can be written down', () => {
  assert.ok(Math.abs(studentT(1, 0.5) - 1) < 1e-12);
  // P(|T| <= t) = t / sqrt(2 + t^2).
  assert.ok(Math.abs(studentT(2, 0.5) - Math.sqrt(2 / 3)) < 1e-12);
});

for (const [freedom, level] of [
  [0, 0.95],
  [1.5, 0.95],
  [NaN, 0.95],
  [2, 0],
  [2, 1],
] as const) {
  test(`there is none with ${freedom} degrees of freedom at ${level}`, () => {
    assert.throws(() => studentT(freedom, level), /no Student's t/);
  });
}

test.run();
