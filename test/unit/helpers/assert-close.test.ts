import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assertClose } from '../../helpers/assert/close.ts';

const label = 'x';

test('accepts what is within the absolute, relative or own bound of an element', () => {
  assertClose([1, 2, 3], [1, 2, 3], { label });
  assertClose([1.01, 2], [1, 2], { label, atol: 0.011 });
  assertClose([1.01, 202], [1, 200], { label, rtol: 0.011 });
  assertClose([1, 2.5], [1, 2], { label, bound: [0, 0.5] });
  assertClose(new Float32Array([0.1, 0.2]), new Float64Array([0.1, 0.2]), { label, rtol: 2 ** -24 });
});

test('refuses what is outside', () => {
  assert.throws(() => assertClose([1.01, 2], [1, 2], { label, atol: 0.009 }), /1 of 2 elements are off/);
  assert.throws(() => assertClose([1, 203], [1, 200], { label, rtol: 0.01 }), /1 of 2/);
  assert.throws(() => assertClose([1.5, 2], [1, 2], { label, bound: [0, 0.5] }), /1 of 2/);
});

test('refuses NaN and infinities on either side, whatever the bound', () => {
  const loose = { label, atol: Infinity };
  assert.throws(() => assertClose([NaN, 2], [1, 2], loose), /1 of 2/);
  assert.throws(() => assertClose([1, 2], [NaN, 2], loose), /1 of 2/);
  assert.throws(() => assertClose([1, 2], [1, Infinity], loose), /1 of 2/);
  assert.throws(() => assertClose([1, Infinity], [1, Infinity], loose), /1 of 2/);
  assert.throws(() => assertClose([1, 2], [1, 2], { label, bound: [0, NaN] }), /1 of 2/);
});

test('refuses other lengths', () => {
  assert.throws(() => assertClose([1, 2], [1, 2, 3], { label }), 'x: 2 elements, expected 3');
  assert.throws(() => assertClose([1, 2], [1, 2], { label, bound: [1] }), 'x: 1 bounds for 2 elements');
});

test('refuses a reference that proves nothing, unless told', () => {
  assert.throws(() => assertClose([0, 0], [0, 0], { label }), /constant/);
  assert.throws(() => assertClose([], [], { label }), /constant/);
  assertClose([0, 0], [0, 0], { label, allowConstant: true });
});

test('reports ten mismatches, their number and the largest errors', () => {
  const expected = Array.from({ length: 100 }, (_, index) => index + 1);
  const actual = expected.map((value) => (value % 2 ? value : value + 0.5));
  actual[98] = 102;
  let message = '';
  try {
    assertClose(actual, expected, { label: 'conv1 output', atol: 0.25 });
  } catch (error) {
    message = (error as Error).message;
  }
  const lines = message.split('\n');
  assert.is(lines[0], 'conv1 output: 51 of 100 elements are off');
  assert.is(lines[1], '  [1] 2.5, expected 2 within 0.25');
  assert.is(lines.filter((line) => line.includes('expected')).length, 10);
  assert.match(message, 'and 41 more');
  assert.match(message, 'largest absolute error 3 at [98]');
  assert.match(message, 'largest relative error 0.25 at [1]');
});

test('takes well under a second for a million elements', () => {
  const expected = Float32Array.from({ length: 1_000_000 }, (_, index) => index);
  const start = performance.now();
  assertClose(expected, expected, { label });
  assert.throws(
    () => assertClose(new Float32Array(expected.length), expected, { label }),
    /999999 of 1000000/,
  );
  assert.ok(performance.now() - start < 10_000);
});

test.run();
