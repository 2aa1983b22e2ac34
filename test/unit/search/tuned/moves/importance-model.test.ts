import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fullMask, maskFromBytes, type Mask, type Masks } from '../../../../../src/core/mask.ts';
import { randomStream } from '../../../../../src/core/random.ts';
import {
  ImportanceModel,
  type StoredRejections,
} from '../../../../../src/search/tuned/moves/importance-model.ts';
import { throughJson } from '../../../../helpers/search/drive-search.ts';
import { changed } from '../../../../../src/search/tuned/moves/moves.ts';
import type { Importance } from '../../../../../src/search/tuned/options.ts';

const weights = [70, 4];
const full: Masks = weights.map(fullMask);

/** An importance model with what it has learned. */
class Learner {
  readonly #model: ImportanceModel;
  #rejections;

  constructor(seed: string, importance: Importance, of = weights, stored?: StoredRejections) {
    this.#model = new ImportanceModel(seed, importance, of);
    this.#rejections = stored ? this.#model.codec.decode(stored, 'rejections') : this.#model.start();
  }

  get rankings() {
    return this.#rejections.rankings;
  }

  recordRejection(masks: Masks, proposal: Masks): void {
    this.#rejections = this.#model.recordRejection(this.#rejections, masks, proposal);
  }

  commit(): void {
    this.#rejections = this.#model.commit(this.#rejections);
  }

  store(): StoredRejections {
    return throughJson(this.#model.codec.encode(this.#rejections));
  }
}

/** Tells that dropping these weights of a layer was rejected. */
function recordRejection(learner: Learner, layer: number, ...dropped: readonly number[]): void {
  learner.recordRejection(full, changed(full, layer, dropped, []));
}

const orderOf = (learner: Learner, layer: number) => learner.rankings[layer]!.lowestKept(full[layer]!, 100);

/** Of the second layer, whose four weights have this known importance. */
function orderAfter(prior: readonly number[], rejections: readonly number[]): readonly number[] {
  const learner = new Learner('1', [new Float32Array(70), prior]);
  for (const index of rejections) recordRejection(learner, 1, index);
  learner.commit();
  return orderOf(learner, 1);
}

test('rejections take effect only when they are told to', () => {
  for (const importance of ['learned', [new Float32Array(70), [1, 1.01, 1.02, 1.03]]] as Importance[]) {
    const learner = new Learner('1', importance);
    const before = orderOf(learner, 1);
    recordRejection(learner, 1, before[0]!);
    assert.equal(orderOf(learner, 1), before);
    learner.commit();
    assert.equal(orderOf(learner, 1), [...before.slice(1), before[0]]);
    assert.equal(learner.store().pending, [[], []]);
    // They count once.
    learner.commit();
    assert.equal(learner.store().known, [[], [[before[0], 1]]]);
  }
});

test('every rejection makes a weight a tenth more important than was known', () => {
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
  const learner = new Learner('1', 'learned');
  for (let i = 0; i < 50; i++) recordRejection(learner, 1, 2);
  learner.commit();
  for (let i = 0; i < 50; i++) recordRejection(learner, 1, 2);
  learner.commit();
  assert.equal(learner.store().known[1], [[2, 60]]);
});

test('without known importance, weights go by their rejections, equal ones in an order of the seed', () => {
  const learner = new Learner('1', 'learned');
  const before = orderOf(learner, 1);
  recordRejection(learner, 1, before[0]!);
  recordRejection(learner, 1, before[0]!, before[2]!);
  learner.commit();
  assert.equal(orderOf(learner, 1), [before[1], before[3], before[2], before[0]]);
  assert.equal(orderOf(new Learner('1', 'learned'), 0), orderOf(learner, 0));
  assert.not.equal(orderOf(new Learner('2', 'learned'), 0), orderOf(learner, 0));
  const byIndex = [...orderOf(learner, 0)].sort((a, b) => a - b);
  assert.not.equal(orderOf(learner, 0), byIndex);
  // Not the same order in two layers of one size.
  const duplicates = new Learner('1', 'learned', [70, 70]);
  const [first, second] = duplicates.rankings.map((ranking) => ranking.lowestKept(fullMask(70), 70));
  assert.not.equal(first, second);
});

test('only weights that were dropped count: not those restored, nor those pruned before or kept', () => {
  const learner = new Learner('1', 'learned');
  const bits = new Uint8Array(70).fill(1);
  for (const pruned of [1, 33, 40]) bits[pruned] = 0;
  const masks = [maskFromBytes(bits), full[1]!];
  learner.recordRejection(masks, changed(changed(masks, 0, [0, 31, 32, 63, 64, 69], [33]), 1, [3], []));
  const { known, pending } = learner.store();
  assert.equal(known, [[], []]);
  assert.equal(pending, [[0, 31, 32, 63, 64, 69].map((index) => [index, 1]), [[3, 1]]]);
  recordRejection(learner, 1, 3, 0);
  assert.equal(learner.store().pending[1], [
    [0, 1],
    [3, 2],
  ]);
});

test('a layer without rejections keeps its ranking', () => {
  const learner = new Learner('1', 'learned');
  const [first, second] = learner.rankings;
  recordRejection(learner, 1, 2);
  learner.commit();
  assert.is(learner.rankings[0], first);
  assert.is.not(learner.rankings[1], second);
});

test('where all weights are alike, nothing is learned', () => {
  const learner = new Learner('1', 'none');
  const [first, second] = learner.rankings;
  const pick = (mask: Mask) => first!.pickKept(mask, 5, randomStream('none'));
  const expected = pick(full[0]!);
  recordRejection(learner, 0, 1, 2, 3);
  assert.equal(learner.store(), { known: [[], []], pending: [[], []] });
  learner.commit();
  assert.is(learner.rankings[0], first);
  assert.is(learner.rankings[1], second);
  assert.equal(pick(full[0]!), expected);
  assert.equal(learner.store(), { known: [[], []], pending: [[], []] });
});

test('what is known and what is pending come back from JSON', () => {
  const known = [new Float32Array(70).fill(1), [1, 1.01, 1.02, 1.03]];
  for (const importance of ['learned', known] satisfies Importance[]) {
    const learner = new Learner('7', importance);
    recordRejection(learner, 0, 5, 31, 64);
    recordRejection(learner, 1, 0);
    learner.commit();
    recordRejection(learner, 0, 5, 6);
    recordRejection(learner, 1, 1);
    recordRejection(learner, 1, 1);
    const text = JSON.stringify(learner.store());
    const restored = new Learner('7', importance, weights, learner.store());
    assert.is(JSON.stringify(restored.store()), text);
    const both = [learner, restored];
    for (const layer of [0, 1]) assert.equal(orderOf(restored, layer), orderOf(learner, layer));
    for (const one of both) one.commit();
    assert.equal(learner.store().pending, [[], []]);
    assert.ok(learner.store().known[0]!.some(([index, count]) => index === 5 && count === 2));
    for (const layer of [0, 1]) assert.equal(orderOf(restored, layer), orderOf(learner, layer));
    assert.is(JSON.stringify(restored.store()), JSON.stringify(learner.store()));
  }
});

test('recording and committing leave what was there before as it was', () => {
  const model = new ImportanceModel('1', 'learned', weights);
  const seen: { rejections: ReturnType<typeof model.start>; text: string }[] = [];
  let rejections = model.start();
  for (let i = 0; i < 200; i++) {
    seen.push({ rejections, text: JSON.stringify(model.codec.encode(rejections)) });
    rejections = model.recordRejection(rejections, full, changed(full, i % 2, [i % 4], []));
    if (i % 90 === 89) rejections = model.commit(rejections);
  }
  assert.ok(new Set(seen.map(({ text }) => text)).size > 100);
  for (const { rejections: before, text } of seen)
    assert.is(JSON.stringify(model.codec.encode(before)), text);
});

test.run();
