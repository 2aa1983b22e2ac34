import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withLimits } from '../../../src/search/limits.ts';
import { perLayer } from '../../../src/pruning/options/kinds.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';

const problem = {
  depth: 3,
  layers: [
    { name: 'a', shape: [10, 10], position: 0 },
    { name: 'b', shape: [3, 7], position: 1 },
    { name: 'c', shape: [1, 5], position: 2 },
  ],
};

test('a limit is for all layers or for some, and the stricter one counts', () => {
  assert.is(withLimits(problem, {}), problem);
  const least = (limits: Parameters<typeof withLimits>[1]) => withLimits(problem, limits).leastKept;
  assert.equal(least({ maxSparsity: 0.9 }), [10, 3, 1]);
  assert.equal(least({ maxSparsity: { b: 0.5 } }), [0, 11, 0]);
  assert.equal(least({ minKept: 20 }), [20, 20, 5], 'no more than there are');
  assert.equal(least({ minKept: { a: 4 }, maxSparsity: { a: 0.97, b: 0 } }), [4, 21, 0]);
  assert.equal(least({ maxSparsity: 0.7 }), [30, 7, 2], 'no rounding error counts');
});

test('numbers per layer are read as they are typed', async () => {
  const option = perLayer('S', 'share', { example: 0.9, range: [0, 1] });
  const parse = (text: string) => option.parse(text, 'share');
  assert.is(parse('0.9'), 0.9);
  assert.equal(parse('a=0.5, block/b=c=1'), { a: 0.5, 'block/b=c': 1 });
  for (const wrong of ['a=2', 'a=', 'a=0.5,b', 'much'])
    await assertBadInput(() => parse(wrong), /share is .* but must be a number from 0 to 1/);
});

test.run();
