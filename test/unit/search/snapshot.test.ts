import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Problem, Solution } from '../../../src/search/contract.ts';
import { fullMask, maskFromBytes, masksEqual, sparsityOf } from '../../../src/core/mask.ts';
import { restoreSolution, storeSolution, type StoredSolution } from '../../../src/search/snapshot.ts';
import { assertBadInput } from '../../helpers/bad-input.ts';

const sizes = [1, 31, 32, 33, 64, 100];
const problem: Problem = {
  layers: sizes.map((size, position) => ({ name: `layer${position}`, shape: [size], position })),
  depth: sizes.length,
};
const random = seedrandom.alea('snapshot');

function randomSolution(): Solution {
  const masks = sizes.map((size) => maskFromBytes(Array.from({ length: size }, () => random.int32() & 1)));
  const [cost, loss, accuracy] = [random.double() * 1e8, random.double(), random.double()];
  return { masks, cost, loss, accuracy, sparsity: sparsityOf(masks) };
}

const throughJson = (stored: StoredSolution | null) =>
  JSON.parse(JSON.stringify(stored)) as StoredSolution | null;

test('a solution comes back from JSON bit for bit', () => {
  for (let i = 0; i < 50; i++) {
    const solution = randomSolution();
    const restored = restoreSolution(throughJson(storeSolution(solution)), problem)!;
    assert.is(restored.masks.length, sizes.length);
    assert.ok(restored.masks.every((mask, layer) => masksEqual(mask, solution.masks[layer]!)));
    assert.is(restored.cost, solution.cost);
    assert.is(restored.loss, solution.loss);
    assert.is(restored.accuracy, solution.accuracy);
    assert.equal(restored.sparsity, solution.sparsity);
  }
});

test('extreme numbers come back from JSON too', () => {
  const masks = sizes.map(fullMask);
  const [cost, loss, accuracy] = [1 / 1e-8 + 2 ** -26, 5e-324, 1 - 2 ** -53];
  const solution = { masks, cost, loss, accuracy, sparsity: sparsityOf(masks) };
  const restored = restoreSolution(throughJson(storeSolution(solution)), problem)!;
  assert.equal([restored.cost, restored.loss, restored.accuracy], [cost, loss, accuracy]);
});

test('no solution comes back as none', () => {
  assert.is(restoreSolution(throughJson(storeSolution(undefined)), problem), undefined);
});

test('a stored solution is plain JSON', () => {
  const stored = storeSolution(randomSolution());
  assert.equal(throughJson(stored), stored);
});

test('a stored solution of another problem or a damaged one is refused', async () => {
  const stored = storeSolution(randomSolution())!;
  const { masks } = stored;
  const damaged: Record<string, readonly string[]> = {
    'no masks': [],
    'a mask too few': masks.slice(1),
    'a mask too many': [...masks, masks[0]!],
    'masks in another order': [...masks].reverse(),
    'a word too few': masks.with(5, masks[5]!.slice(8)),
    'a digit too few': masks.with(2, masks[2]!.slice(1)),
    'not a digit': masks.with(2, `g${masks[2]!.slice(1)}`),
  };
  for (const changed of Object.values(damaged)) {
    await assertBadInput(() => restoreSolution({ ...stored, masks: changed }, problem), /mask/);
  }
});

test('a stored mask of a larger layer with as many words is refused', async () => {
  // Its bits beyond the last weight would count as kept weights: a sparsity below 0.
  const stored = storeSolution(randomSolution())!;
  const ofLarger = stored.masks.with(3, 'f'.repeat(16));
  await assertBadInput(() => restoreSolution({ ...stored, masks: ofLarger }, problem), /mask/);
});

test.run();
