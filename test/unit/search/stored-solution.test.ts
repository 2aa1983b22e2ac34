import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fullMask, fullMasks, maskFromBytes, masksEqual, sparsityOf } from '../../../src/core/mask.ts';
import type { Solution } from '../../../src/search/contract.ts';
import { solutionCodec, unprunedCodec } from '../../../src/search/stored-solution.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';
import { throughJson } from '../../helpers/search/drive-search.ts';
import { problemOf } from '../../helpers/search/synthetic-evaluator.ts';

const sizes = [1, 31, 32, 33, 64, 100];
const problem = problemOf(sizes);
const codec = solutionCodec(problem);
const random = seedrandom.alea('stored solution');

function randomSolution(): Solution {
  const masks = sizes.map((size) => maskFromBytes(Array.from({ length: size }, () => random.int32() & 1)));
  const [cost, loss, accuracy] = [random.double() * 1e8, random.double(), random.double()];
  return { masks, cost, loss, accuracy, sparsity: sparsityOf(masks) };
}

function assertComesBack(solution: Solution): void {
  const stored = codec.encode(solution);
  assert.equal(throughJson(stored), stored, 'plain JSON');
  const { masks, ...numbers } = codec.decode(throughJson(stored), 'solution');
  const { masks: expectedMasks, ...expected } = solution;
  assert.equal(numbers, expected);
  assert.is(masks.length, sizes.length);
  masks.forEach((mask, layer) => assert.ok(masksEqual(mask, expectedMasks[layer]!), `layer ${layer}`));
}

test('a solution comes back from JSON bit for bit, with extreme numbers too', () => {
  for (let i = 0; i < 50; i++) assertComesBack(randomSolution());
  const masks = sizes.map(fullMask);
  const [cost, loss, accuracy] = [1 / 1e-8 + 2 ** -26, 5e-324, 1 - 2 ** -53];
  assertComesBack({ masks, cost, loss, accuracy, sparsity: sparsityOf(masks) });
});

test('masks of another problem and damaged ones are refused', async () => {
  const stored = codec.encode(randomSolution());
  const { masks } = stored;
  const damaged: Record<string, readonly string[]> = {
    'no masks': [],
    'a mask too few': masks.slice(1),
    'a mask too many': [...masks, masks[0]!],
    'masks in another order': [...masks].reverse(),
    'a word too few': masks.with(5, masks[5]!.slice(8)),
    'a digit too few': masks.with(2, masks[2]!.slice(1)),
    'not a digit': masks.with(2, `g${masks[2]!.slice(1)}`),
    // Bits beyond the last weight would count as kept weights: a sparsity below 0.
    'a mask of a larger layer with as many words': masks.with(3, 'f'.repeat(16)),
  };
  for (const changed of Object.values(damaged)) {
    const decode = () => codec.decode({ ...stored, masks: changed }, 'best');
    const badMasks = /^best\.masks(\[\d\])? is .+ but must be (a list of 6|\d+ hexadecimal digits, )/;
    await assertBadInput(decode, badMasks);
  }
});

test('an unpruned network keeps everything', async () => {
  const masks = fullMasks(problem.layers);
  const solution = { masks, cost: 1, loss: 0.1, accuracy: 0.9, sparsity: sparsityOf(masks) };
  const { decode } = unprunedCodec(problem);
  assert.is(decode(codec.encode(solution), 'unpruned').sparsity.global, 0);
  const one = masks.with(5, maskFromBytes(Array.from({ length: 100 }, (_, i) => (i === 99 ? 0 : 1))));
  const decodeOne = () => decode(codec.encode({ ...solution, masks: one }), 'unpruned');
  await assertBadInput(decodeOne, /^the number of zeros in unpruned\.masks is 1 but must be 0$/);
});

test.run();
