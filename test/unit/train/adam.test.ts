import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { adam, cosineRate } from '../../../src/train/adam.ts';
import { assertClose } from '../../helpers/assert/close.ts';

test('two steps, computed by hand', () => {
  const parameters = Float64Array.of(1, -2, 7);
  const step = adam(3);
  // The first step is rate * g / (|g| + 1e-8), whatever the gradient.
  step(parameters, Float64Array.of(2, -0.5, 0), 0.1);
  assertClose(parameters, [1 - 0.2 / (2 + 1e-8), -2 + 0.05 / (0.5 + 1e-8), 7], {
    label: 'first step',
    atol: 1e-15,
  });
  // Means 0.9 * 0.2 - 0.1 = 0.08 and 0.9 * -0.05 - 0.1 = -0.145, over 1 - 0.9^2 = 0.19; squares
  // 0.999 * 0.004 + 0.001 = 0.004996 and 0.999 * 0.00025 + 0.001 = 0.00124975, over 1 - 0.999^2 = 0.001999.
  const before = parameters.slice();
  step(parameters, Float64Array.of(-1, -1, 0), 0.01);
  const change = (mean: number, square: number) =>
    (0.01 * (mean / 0.19)) / (Math.sqrt(square / 0.001999) + 1e-8);
  const expected = [before[0]! - change(0.08, 0.004996), before[1]! - change(-0.145, 0.00124975), 7];
  assertClose(parameters, expected, { label: 'second step', atol: 1e-15 });
  assertClose(parameters.subarray(0, 2), [0.8973367, -1.8903478], { label: 'in numbers', atol: 1e-6 });
});

test('the rate falls from its peak to 0 along half a cosine', () => {
  assert.is(cosineRate(0.3, 0, 200), 0.3);
  assert.is(cosineRate(0.3, 200, 200), 0);
  assertClose([cosineRate(0.3, 50, 200), cosineRate(0.3, 100, 200)], [0.15 * (1 + Math.SQRT1_2), 0.15], {
    label: 'rate',
    rtol: 1e-15,
  });
});

test.run();
