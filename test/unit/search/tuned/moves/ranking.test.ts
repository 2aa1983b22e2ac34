import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fullMask, isKept, maskFromBytes } from '../../../../../src/core/mask.ts';
import { randomStream } from '../../../../../src/core/random.ts';
import { Ranking } from '../../../../../src/search/tuned/moves/ranking.ts';
import { randomMask } from '../../../../helpers/search/mask-change.ts';

const random = randomStream('ranking');
const scoresOf = (count: number, of: (i: number) => number) =>
  Float64Array.from({ length: count }, (_, i) => of(i));

test('the least important kept weights come in order, ties as they are broken, then by index', () => {
  const ranking = new Ranking(6, Float64Array.of(3, 1, 2, 1, 0, 1), Float64Array.of(0, 0.9, 0, 0.1, 0, 0.9));
  assert.equal(ranking.lowestKept(fullMask(6), 6), [4, 3, 1, 5, 2, 0]);
  assert.equal(ranking.lowestKept(fullMask(6), 2), [4, 3]);
  assert.equal(ranking.lowestKept(fullMask(6), 0), []);
  assert.equal(ranking.lowestKept(fullMask(6), 9), [4, 3, 1, 5, 2, 0]);
  assert.equal(ranking.lowestKept(maskFromBytes([1, 0, 1, 1, 0, 1]), 3), [3, 5, 2]);
  const untied = new Ranking(4, Float64Array.of(1, 0, 1, 0));
  assert.equal(untied.lowestKept(fullMask(4), 4), [1, 3, 0, 2]);
  assert.equal(new Ranking(4).lowestKept(maskFromBytes([1, 1, 0, 1]), 4), [0, 1, 3]);
});

test('every mask is looked at, also after another', () => {
  const ranking = new Ranking(4, Float64Array.of(4, 3, 2, 1));
  const [first, second] = [maskFromBytes([1, 1, 1, 0]), maskFromBytes([1, 1, 0, 1])];
  for (let i = 0; i < 2; i++) {
    assert.equal(ranking.lowestKept(first, 1), [2]);
    assert.equal(ranking.lowestKept(second, 1), [3]);
    assert.equal(ranking.pickPruned(first, 5, random), [3]);
    assert.equal(ranking.pickPruned(second, 5, random), [2]);
  }
});

test('picks are different weights, kept or pruned as asked, no more than wanted or there', () => {
  for (let i = 0; i < 400; i++) {
    const length = 1 + Math.floor(random() * 100);
    const mask = randomMask(length, random() * 1.4 - 0.2, random);
    const scores = i % 2 === 0 ? undefined : scoresOf(length, () => random());
    const ranking = new Ranking(length, scores);
    const kept = Array.from({ length }, (_, index) => index).filter((index) => isKept(mask, index));
    const count = Math.floor(random() * length * 1.2);
    for (const [picked, there, wantsKept] of [
      [ranking.pickKept(mask, count, random), kept.length, true],
      [ranking.pickPruned(mask, count, random), length - kept.length, false],
    ] as const) {
      const wanted = Math.min(count, there);
      assert.is(new Set(picked).size, picked.length);
      assert.ok(picked.every((index) => index < length && isKept(mask, index) === wantsKept));
      assert.ok(picked.length <= wanted && (wanted === 0 || picked.length > 0));
      // Few of many are always found.
      if (2 * wanted <= there && !scores) assert.is(picked.length, wanted);
    }
  }
});

test('nothing is picked where nothing is wanted', () => {
  const ranking = new Ranking(40);
  for (const count of [0, -1, -Infinity]) {
    assert.equal(ranking.pickKept(fullMask(40), count, random), []);
    assert.equal(ranking.pickPruned(maskFromBytes(new Uint8Array(40)), count, random), []);
  }
  assert.ok(ranking.pickKept(fullMask(40), Infinity, random).length > 30);
});

test('the same stream picks the same', () => {
  const scores = scoresOf(200, (i) => i);
  const ranking = new Ranking(200, scores);
  const pick = (seed: string) => ranking.pickKept(fullMask(200), 20, randomStream(seed));
  assert.equal(pick('1'), pick('1'));
  assert.not.equal(pick('1'), pick('2'));
});

/** Share of picks of one weight that has its index in a range. */
function shareOf(pick: () => readonly number[], from: number, to: number): number {
  const draws = 100_000;
  const picked = Array.from({ length: draws }, () => pick()[0]!);
  return picked.filter((index) => index >= from && index < to).length / draws;
}

test('picks favour the least important kept and the most important pruned weights, and a few ignore the order', () => {
  // Of 1024 weights the first is the fifth root of 1/1024 of the picks, a quarter, but for those two in a hundred.
  const length = 1024;
  const scores = scoresOf(length, (i) => -i);
  const ranking = new Ranking(length, scores);
  const [full, empty] = [fullMask(length), maskFromBytes(new Uint8Array(length))];
  const shares = [
    shareOf(() => ranking.pickKept(full, 1, random), length - 1, length),
    shareOf(() => ranking.pickPruned(empty, 1, random), 0, 1),
  ];
  const expected = 0.98 * 0.25 + 0.02 / 1024;
  for (const share of shares) assert.ok(Math.abs(share - expected) < 0.0025, `${share}`);
});

test('without an order all weights are alike', () => {
  const length = 256;
  const ranking = new Ranking(length);
  for (const places of [32, 128]) {
    const share = shareOf(() => ranking.pickKept(fullMask(length), 1, random), 0, places);
    assert.ok(Math.abs(share - places / length) < 0.005, `${share}`);
  }
});

test.run();
