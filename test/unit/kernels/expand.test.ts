import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { expand } from '../../../src/kernels/expand.ts';

const lines = (...text: string[]) => text.join('\n');

test('a loop repeats its lines with its number', () => {
  const text = lines('a', '  // #for i in 0..3', '  sum_{i} += x[{i}u];', '  // #end', 'b');
  assert.is(expand(text, {}), lines('a', '  sum_0 += x[0u];', '  sum_1 += x[1u];', '  sum_2 += x[2u];', 'b'));
});

test('bounds are numbers or constants, and a loop may be empty', () => {
  const text = lines('// #for i in 1..pool', 'x{i}', '// #end', 'end');
  assert.is(expand(text, { pool: 1 }), 'end');
  assert.is(expand(text, { pool: 2 }), lines('x1', 'end'));
});

test('loops nest, and sums of names and numbers are summed', () => {
  const text = lines('// #for a in 0..2', '// #for b in 0..2', 'x_{a}_{a+b} {b+10}', '// #end', '// #end');
  assert.is(expand(text, {}), lines('x_0_0 10', 'x_0_1 11', 'x_1_1 10', 'x_1_2 11'));
});

test('products bind before sums', () => {
  const text = lines('// #for a in 0..2', '{a*step+b*2} {2*a} {a+0}', '// #end');
  assert.is(expand(text, { step: 3, b: 5 }), lines('10 0 0', '13 2 1'));
});

test('a constant may be a number or text', () => {
  assert.is(expand('alias pack = {pack}; // {n+1}', { pack: 'vec4f', n: 4 }), 'alias pack = vec4f; // 5');
});

test('braces of the language itself stay', () => {
  const text = lines('fn f() {', '  if (a) { return; }', '}');
  assert.is(expand(text, {}), text);
});

test('an unknown name, a loop without end and an end without loop are errors', () => {
  assert.throws(() => expand('{unknown}', {}), /unknown/);
  assert.throws(() => expand(lines('// #for i in 0..n', '// #end'), {}), /n has a name/);
  assert.throws(() => expand(lines('// #for i in 0..2', 'x'), {}), /without #end/);
  assert.throws(() => expand(lines('x', '// #end'), {}), /#end without #for/);
});

test.run();
