import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PrunableLayer } from '../../../../src/search/contract.ts';
import { countKept, fullMask, maskFromBytes, masksEqual } from '../../../../src/core/mask.ts';
import { MaskedWeights } from '../../../../src/search/article/masked-weights.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';

/** Weighted layers at 0 and 2 of four, as with a pooling between them and one after. */
const layers: PrunableLayer[] = [
  { name: 'first', shape: [2, 3], position: 0 },
  { name: 'second', shape: [4], position: 2 },
];
const problem = { layers, depth: 4 };
const trained = () => [Float32Array.of(1, -2, 3, -4, 5, -6), Float32Array.of(0.5, -0.25, 0, 8)];
const make = () => new MaskedWeights(problem, trained());
const weightsOf = (weights: MaskedWeights, position: number) => [...weights.getLayerWeights(position)];

/** Every operation that takes a position. */
const operations: Record<string, (weights: MaskedWeights, position: number) => unknown> = {
  getLayerMask: (weights, position) => weights.getLayerMask(position),
  applyLayerMask: (weights, position) => weights.applyLayerMask(position, fullMask(6)),
  getLayerWeights: (weights, position) => weights.getLayerWeights(position),
  resetLayerWeights: (weights, position) => weights.resetLayerWeights(position),
};

test('all masks start as ones, all weights as trained', () => {
  const weights = make();
  assert.is(weights.masks.length, 2);
  assert.ok(masksEqual(weights.masks[0]!, fullMask(6)));
  assert.ok(masksEqual(weights.getLayerMask(2), fullMask(4)));
  assert.equal(weightsOf(weights, 0), [1, -2, 3, -4, 5, -6]);
  assert.equal(weightsOf(weights, 2), [0.5, -0.25, 0, 8]);
});

test('a mask is applied to its layer and to no other', () => {
  const weights = make();
  const mask = maskFromBytes([1, 0, 1, 0, 1, 1]);
  weights.applyLayerMask(0, mask);
  assert.ok(masksEqual(weights.getLayerMask(0), mask));
  assert.equal(weightsOf(weights, 0), [1, 0, 3, 0, 5, -6]);
  assert.is(countKept(weights.getLayerMask(2)), 4);
  assert.equal(weightsOf(weights, 2), [0.5, -0.25, 0, 8]);
});

test('layers are addressed by their position among all layers', () => {
  const weights = make();
  weights.applyLayerMask(2, maskFromBytes([0, 1, 1, 0]));
  assert.equal(weightsOf(weights, 2), [0, -0.25, 0, 0]);
  assert.equal(weightsOf(weights, 0), [1, -2, 3, -4, 5, -6]);
  assert.ok(masksEqual(weights.masks[1]!, maskFromBytes([0, 1, 1, 0])));
});

test('a pruned weight is +0, whatever its sign was', () => {
  const weights = make();
  weights.applyLayerMask(0, maskFromBytes([0, 0, 0, 0, 0, 0]));
  assert.ok(weights.getLayerWeights(0).every((weight) => Object.is(weight, 0)));
});

test('as in the article, masks multiply the weights as they are: the next mask brings nothing back', () => {
  const weights = make();
  weights.applyLayerMask(0, maskFromBytes([1, 0, 1, 0, 1, 0]));
  const second = maskFromBytes([1, 1, 0, 0, 1, 1]);
  weights.applyLayerMask(0, second);
  assert.ok(masksEqual(weights.getLayerMask(0), second));
  assert.equal(weightsOf(weights, 0), [1, 0, 0, 0, 5, 0]);
});

test('a reset puts the trained weights back and leaves the mask as it is', () => {
  const weights = make();
  const mask = maskFromBytes([1, 0, 1, 0, 1, 1]);
  weights.applyLayerMask(0, mask);
  weights.applyLayerMask(2, maskFromBytes([0, 1, 1, 1]));
  weights.resetLayerWeights(0);
  assert.equal(weightsOf(weights, 0), [1, -2, 3, -4, 5, -6]);
  assert.ok(masksEqual(weights.getLayerMask(0), mask));
  assert.equal(weightsOf(weights, 2), [0, -0.25, 0, 8], 'the other layer');
});

test("the article's way back after a rejected proposal: reset, then apply the old mask", () => {
  const weights = make();
  const old = maskFromBytes([1, 0, 1, 1, 1, 1]);
  weights.applyLayerMask(0, old);
  weights.applyLayerMask(0, maskFromBytes([1, 0, 0, 0, 1, 1]));
  weights.resetLayerWeights(0);
  weights.applyLayerMask(0, old);
  assert.equal(weightsOf(weights, 0), [1, 0, 3, -4, 5, -6]);
});

test('applying all masks makes every layer its trained weights times its mask', () => {
  const weights = make();
  weights.applyLayerMask(0, maskFromBytes([1, 0, 1, 0, 1, 0]));
  weights.applyLayerMask(0, maskFromBytes([1, 1, 0, 0, 1, 1]));
  weights.applyLayerMask(2, maskFromBytes([0, 1, 1, 0]));
  weights.resetLayerWeights(2);
  weights.applyAllMasks();
  assert.equal(weightsOf(weights, 0), [1, -2, 0, 0, 5, -6]);
  assert.equal(weightsOf(weights, 2), [0, -0.25, 0, 0]);
});

test('what is handed out is a copy', () => {
  const given = trained();
  const weights = new MaskedWeights(problem, given);
  weights.getLayerWeights(0).fill(9);
  assert.equal(weightsOf(weights, 0), [1, -2, 3, -4, 5, -6]);
  (weights.masks as unknown[])[0] = fullMask(1);
  assert.is(weights.getLayerMask(0).length, 6);
  weights.applyLayerMask(0, maskFromBytes([0, 0, 0, 0, 0, 0]));
  assert.equal([...given[0]!], [1, -2, 3, -4, 5, -6], 'the trained weights');
});

test('a position outside the network is refused by every operation', async () => {
  for (const [name, operate] of Object.entries(operations)) {
    for (const position of [-1, 4, 100, 0.5, NaN, Infinity]) {
      const weights = make();
      const refused = () => operate(weights, position);
      await assertBadInput(refused, new RegExp(`layer ${position} is not in the network`));
      assert.equal(weightsOf(weights, 0), [1, -2, 3, -4, 5, -6], name);
    }
  }
});

test('a layer without weights is refused by every operation', async () => {
  for (const operate of Object.values(operations)) {
    for (const position of [1, 3]) {
      await assertBadInput(
        () => operate(make(), position),
        new RegExp(`layer ${position} (has no|is without) weights`),
      );
    }
  }
});

test('a mask of the wrong length is refused and changes nothing', async () => {
  const weights = make();
  for (const length of [0, 1, 5, 7, 32]) {
    await assertBadInput(() => weights.applyLayerMask(0, fullMask(length)), new RegExp(`\\b${length} .* 6 `));
  }
  await assertBadInput(() => weights.applyLayerMask(2, fullMask(6)), /\bsecond\b.* 6 .* 4 /);
  assert.equal(weightsOf(weights, 0), [1, -2, 3, -4, 5, -6]);
  assert.ok(masksEqual(weights.getLayerMask(0), fullMask(6)));
});

test('weights that do not fit the layers are refused', async () => {
  const [first, second] = trained();
  await assertBadInput(() => new MaskedWeights(problem, [first!]), /1 .* 2 /);
  await assertBadInput(() => new MaskedWeights(problem, [first!, second!, second!]), /3 .* 2 /);
  await assertBadInput(() => new MaskedWeights(problem, [second!, first!]), /\bfirst\b/);
});

test.run();
