import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { activate } from '../../../src/kernels/reference/activation.ts';
import { addSlopes } from '../../../src/train/activation.ts';
import { assertClose } from '../../helpers/assert/close.ts';

/** What ONNX Runtime 1.30.0 gives on a CPU in float32 for the operator Gelu of opset 20, with either value of `approximate`. */
const ARGUMENTS = [-4, -3, -2, -1, -0.5, -0.1, 0, 0.1, 0.5, 1, 2, 3, 4, 6];
// prettier-ignore
const OPERATOR = {
  gelu: [
    -0.00012671947, -0.0040496886, -0.045500278, -0.15865526, -0.15426877, -0.046017218, 0,
    0.053982783, 0.34573123, 0.84134471, 1.9544997, 2.9959502, 3.9998732, 6,
  ],
  'gelu-tanh': [
    -7.0095062e-5, -0.0036375225, -0.045402348, -0.15880796, -0.154286, -0.046017252, 0,
    0.053982753, 0.345714, 0.84119201, 1.9545977, 2.9963627, 3.9999299, 6,
  ],
} as const;

for (const [activation, expected] of Object.entries(OPERATOR)) {
  test(`${activation} is the operator that exporters write`, () => {
    const found = ARGUMENTS.map((x) =>
      activate({ activation: activation as keyof typeof OPERATOR, alpha: 0 }, x),
    );
    // An ulp of 1 for the sum of 1 and tanh or erf, times half of the argument, of at most 4.
    assertClose(found, expected, { label: activation, atol: 2.4e-7 });
  });
}

test('the slope of gelu-tanh is 0 or 1 far from 0, however far', () => {
  const x = Float64Array.of(-Infinity, -1e200, -1e15, -11, 11, 1e15, 1e200, Infinity);
  const [y, gradient, into] = [x, new Float64Array(x.length).fill(3), new Float64Array(x.length)];
  addSlopes({ activation: 'gelu-tanh', alpha: 0 }, { x, y, gradient, into }, x.length);
  assert.equal([...into], [0, 0, 0, 0, 3, 3, 3, 3]);
});

test.run();
