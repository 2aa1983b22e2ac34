import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fullMask, maskFromBytes, type Mask, type Masks } from '../../../../src/core/mask.ts';
import { randomStream } from '../../../../src/core/random.ts';
import {
  ImportanceModel,
  type StoredImportanceModel,
} from '../../../../src/search/tuned/importance-model.ts';
import { changed } from '../../../../src/search/tuned/moves.ts';
import type { Importance } from '../../../../src/search/tuned/options.ts';

const weights = [70, 4];
const full: Masks = weights.map(fullMask);

/** Tells that dropping these weights of a layer was rejected. */
function recordRejection(
  importanceModel: ImportanceModel,
  layer: number,
  ...dropped: readonly number[]
): void {
  importanceModel.recordRejection(full, changed(full, layer, dropped, []));
}

const orderOf = (importanceModel: ImportanceModel, layer: number) =>
  importanceModel.rankings[layer]!.lowestKept(full[layer]!, 100);
const throughJson = (importanceModel: ImportanceModel) =>
  JSON.parse(JSON.stringify(importanceModel.store())) as StoredImportanceModel;

/** Of the second layer, whose four weights have this known importance. */
function orderAfter(prior: readonly number[], rejections: readonly number[]): readonly number[] {
  const importanceModel = new ImportanceModel('1', [new Float32Array(70), prior], weights);
  for (const index of rejections) recordRejection(importanceModel, 1, index);
  importanceModel.commit();
  return orderOf(importanceModel, 1);
}

test('rejections take effect only when they are told to', () => {
  for (const importance of ['learned', [new Float32Array(70), [1, 1.01, 1.02, 1.03]]] as Importance[]) {
    const importanceModel = new ImportanceModel('1', importance, weights);
    const before = orderOf(importanceModel, 1);
    recordRejection(importanceModel, 1, before[0]!);
    assert.equal(orderOf(importanceModel, 1), before);
    importanceModel.commit();
    assert.equal(orderOf(importanceModel, 1), [...before.slice(1), before[0]]);
    assert.equal(importanceModel.store().pending, [[], []]);
    // They count once.
    importanceModel.commit();
    assert.equal(importanceModel.store().known, [[], [[before[0], 1]]]);
  }
});

test('every refusal makes a weight a tenth more important than was known', () => {
  const prior = [1, 1.05, 1.15, 2];
  assert.equal(orderAfter(prior, []), [0, 1, 2, 3]);
  assert.equal(orderAfter(prior, [0]), [1, 0, 2, 3]);
  assert.equal(orderAfter(prior, [0, 0]), [1, 2, 0, 3]);
  assert.equal(orderAfter(prior, Array<number>(7).fill(0)), [1, 2, 0, 3]);
  assert.equal(orderAfter(prior, Array<number>(8).fill(0)), [1, 2, 3, 0]);
  // One that is known not to matter stays so.
  assert.equal(orderAfter([1, 0, 2, 3], Array<number>(8).fill(1)), [1, 0, 2, 3]);
});

test('sixty rejections are as good as more', () => {
  const prior = [1, 1.1 ** 59.5, 1.1 ** 60.5, 1e9];
  assert.equal(orderAfter(prior, Array<number>(59).fill(0)), [0, 1, 2, 3]);
  for (const count of [60, 61, 255, 256, 300, 600]) {
    assert.equal(orderAfter(prior, Array<number>(count).fill(0)), [1, 0, 2, 3], `${count}`);
  }
  const importanceModel = new ImportanceModel('1', 'learned', weights);
  for (let i = 0; i < 50; i++) recordRejection(importanceModel, 1, 2);
  importanceModel.commit();
  for (let i = 0; i < 50; i++) recordRejection(importanceModel, 1, 2);
  importanceModel.commit();
  assert.equal(importanceModel.store().known[1], [[2, 60]]);
});

test('without known importance, weights go by their rejections, equal ones in an order of the seed', () => {
  const importanceModel = new ImportanceModel('1', 'learned', weights);
  const before = orderOf(importanceModel, 1);
  recordRejection(importanceModel, 1, before[0]!);
  recordRejection(importanceModel, 1, before[0]!, before[2]!);
  importanceModel.commit();
  assert.equal(orderOf(importanceModel, 1), [before[1], before[3], before[2], before[0]]);
  assert.equal(orderOf(new ImportanceModel('1', 'learned', weights), 0), orderOf(importanceModel, 0));
  assert.not.equal(orderOf(new ImportanceModel('2', 'learned', weights), 0), orderOf(importanceModel, 0));
  assert.not.equal(
    orderOf(importanceModel, 0),
    [...orderOf(importanceModel, 0)].sort((a, b) => a - b),
  );
  // Not the same order in two layers of one size.
  const duplicates = new ImportanceModel('1', 'learned', [70, 70]);
  const [first, second] = duplicates.rankings.map((ranking) => ranking.lowestKept(fullMask(70), 70));
  assert.not.equal(first, second);
});

test('only weights that were dropped count: not those restored, nor those pruned before or kept', () => {
  const importanceModel = new ImportanceModel('1', 'learned', weights);
  const bits = new Uint8Array(70).fill(1);
  for (const pruned of [1, 33, 40]) bits[pruned] = 0;
  const masks = [maskFromBytes(bits), full[1]!];
  importanceModel.recordRejection(
    masks,
    changed(changed(masks, 0, [0, 31, 32, 63, 64, 69], [33]), 1, [3], []),
  );
  const { known, pending } = importanceModel.store();
  assert.equal(known, [[], []]);
  assert.equal(pending, [[0, 31, 32, 63, 64, 69].map((index) => [index, 1]), [[3, 1]]]);
  recordRejection(importanceModel, 1, 3, 0);
  assert.equal(importanceModel.store().pending[1], [
    [3, 2],
    [0, 1],
  ]);
});

test('a layer without rejections keeps its ranking', () => {
  const importanceModel = new ImportanceModel('1', 'learned', weights);
  const [first, second] = importanceModel.rankings;
  recordRejection(importanceModel, 1, 2);
  importanceModel.commit();
  assert.is(importanceModel.rankings[0], first);
  assert.is.not(importanceModel.rankings[1], second);
});

test('where all weights are alike, nothing is learned', () => {
  const importanceModel = new ImportanceModel('1', 'none', weights);
  const [first, second] = importanceModel.rankings;
  const pick = (mask: Mask) => first!.pickKept(mask, 5, randomStream('none'));
  const expected = pick(full[0]!);
  recordRejection(importanceModel, 0, 1, 2, 3);
  assert.equal(importanceModel.store(), { known: [[], []], pending: [[], []] });
  importanceModel.commit();
  assert.is(importanceModel.rankings[0], first);
  assert.is(importanceModel.rankings[1], second);
  assert.equal(pick(full[0]!), expected);
  assert.equal(importanceModel.store(), { known: [[], []], pending: [[], []] });
});

test('what is known and what is pending come back from JSON', () => {
  for (const importance of [
    'learned',
    [new Float32Array(70).fill(1), [1, 1.01, 1.02, 1.03]],
  ] as Importance[]) {
    const importanceModel = new ImportanceModel('7', importance, weights);
    recordRejection(importanceModel, 0, 5, 31, 64);
    recordRejection(importanceModel, 1, 0);
    importanceModel.commit();
    recordRejection(importanceModel, 0, 5, 6);
    recordRejection(importanceModel, 1, 1);
    recordRejection(importanceModel, 1, 1);
    const text = JSON.stringify(importanceModel.store());
    const restored = new ImportanceModel('7', importance, weights, throughJson(importanceModel));
    assert.is(JSON.stringify(restored.store()), text);
    const both = [importanceModel, restored];
    for (const layer of [0, 1]) assert.equal(orderOf(restored, layer), orderOf(importanceModel, layer));
    for (const one of both) one.commit();
    assert.equal(importanceModel.store().pending, [[], []]);
    assert.ok(importanceModel.store().known[0]!.some(([index, count]) => index === 5 && count === 2));
    for (const layer of [0, 1]) assert.equal(orderOf(restored, layer), orderOf(importanceModel, layer));
    assert.is(JSON.stringify(restored.store()), JSON.stringify(importanceModel.store()));
  }
});

test.run();
