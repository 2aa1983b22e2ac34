import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  checkMasks,
  countKept,
  emptyWords,
  fullMask,
  fullMasks,
  isKept,
  maskFromBytes,
  masksEqual,
  maskToBytes,
  sparsityOf,
  type Mask,
} from '../../../src/core/mask.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';

/** Around the edges of one, two and several words. */
const lengths = [1, 2, 31, 32, 33, 63, 64, 65, 150, 840, 2400];
const random = seedrandom.alea('mask');

const randomBytes = (length: number, density: number) =>
  Uint8Array.from({ length }, () => (random() < density ? 1 : 0));
const onesOf = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum + byte, 0);
const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
/** `pruned` of `length` weights pruned. */
const withZeros = (length: number, pruned: number) =>
  maskFromBytes(Array.from({ length }, (_, i) => (i < pruned ? 0 : 1)));

/** The bits beyond the mask's length. */
function unusedBits({ length, words }: Mask): string {
  const bits = Array.from(words, (word) => word.toString(2).padStart(32, '0')).reverse();
  return bits.join('').slice(0, words.length * 32 - length);
}

test('bit i of a mask is bit i % 32 of word i / 32, counted from the lowest', () => {
  const bytes = new Uint8Array(70);
  for (const kept of [0, 5, 31, 32, 63, 64, 69]) bytes[kept] = 1;
  const { length, words } = maskFromBytes(bytes);
  assert.is(length, 70);
  assert.equal([...words], [0x80000021, 0x80000001, 0x00000021]);
});

test('a full mask keeps every weight and leaves unused bits 0', () => {
  for (const length of lengths) {
    const mask = fullMask(length);
    assert.is(mask.length, length);
    assert.is(mask.words.length, Math.ceil(length / 32));
    assert.is(countKept(mask), length);
    assert.ok(maskToBytes(mask).every((byte) => byte === 1));
    assert.not.match(unusedBits(mask), /1/);
  }
});

test('full masks keep every weight of every layer', () => {
  const masks = fullMasks([{ shape: [6, 1, 5, 5] }, { shape: [10, 84] }, { shape: [7] }]);
  const lengths = masks.map(({ length }) => length);
  assert.equal(lengths, [150, 840, 7]);
  assert.equal(masks.map(countKept), [150, 840, 7]);
});

test('a new mask is empty', () => {
  for (const length of lengths) {
    const words = emptyWords(length);
    assert.is(words.length, Math.ceil(length / 32));
    assert.is(countKept({ length, words }), 0);
  }
});

test('bytes survive the way to bits and back', () => {
  for (const length of lengths) {
    for (const density of [0, 0.1, 0.5, 1]) {
      const bytes = randomBytes(length, density);
      const mask = maskFromBytes(bytes);
      assert.ok(isSame(maskToBytes(mask), bytes), `${length} weights, density ${density}`);
      assert.not.match(unusedBits(mask), /1/);
    }
  }
});

test('any byte but 0 keeps its weight', () => {
  const mask = maskFromBytes([0, 1, 2, 0, 255, 128]);
  assert.ok(isSame(maskToBytes(mask), Uint8Array.of(0, 1, 1, 0, 1, 1)));
});

test('single weights are read one by one', () => {
  const bytes = randomBytes(150, 0.5);
  const mask = maskFromBytes(bytes);
  const wrong = bytes.findIndex((byte, i) => isKept(mask, i) !== (byte === 1));
  assert.is(wrong, -1);
});

test('kept weights are counted, in every bit of a word', () => {
  for (let bit = 0; bit < 32; bit++) {
    assert.is(countKept({ length: 32, words: Uint32Array.of(2 ** bit) }), 1, `bit ${bit}`);
    assert.is(countKept({ length: 32, words: Uint32Array.of(0xffffffff - 2 ** bit) }), 31, `all but ${bit}`);
  }
  for (const length of lengths) {
    for (const density of [0.1, 0.5, 0.9]) {
      const bytes = randomBytes(length, density);
      assert.is(countKept(maskFromBytes(bytes)), onesOf(bytes));
    }
  }
});

test('masks are equal if and only if all their bits are', () => {
  const bytes = randomBytes(65, 0.5);
  const mask = maskFromBytes(bytes);
  assert.ok(masksEqual(mask, mask));
  assert.ok(masksEqual(mask, maskFromBytes(bytes)));
  for (let i = 0; i < bytes.length; i++) {
    const other = bytes.slice();
    other[i]! ^= 1;
    assert.not.ok(masksEqual(mask, maskFromBytes(other)), `differs in bit ${i}`);
  }
});

test('masks of different lengths differ, even when their words are the same', () => {
  assert.not.ok(masksEqual(maskFromBytes([1, 1]), maskFromBytes([1, 1, 0])));
  assert.not.ok(masksEqual(fullMask(32), fullMask(33)));
  assert.not.ok(masksEqual(fullMask(64), fullMask(32)));
});

test('both sparsities of the article: 43.84 % and 41.33 % of a mean layer are 48.3 % and 51.5 % of all weights', () => {
  const sizes = [150, 2_400, 48_000, 10_080, 840];
  const masksOf = (pruned: number[]) => sizes.map((size, i) => withZeros(size, pruned[i]!));
  const annealing = sparsityOf(masksOf([100, 1_433, 26_154, 1_858, 167]));
  assert.is(annealing.meanLayer.toFixed(4), '0.4384');
  assert.is(annealing.global.toFixed(3), '0.483');
  const genetic = sparsityOf(masksOf([84, 1_337, 27_721, 2_371, 115]));
  assert.is(genetic.meanLayer.toFixed(4), '0.4133');
  assert.is(genetic.global.toFixed(3), '0.515');
});

test('sparsity lists the layers in network order', () => {
  const sparsity = sparsityOf([withZeros(4, 1), withZeros(10, 5), withZeros(2, 2)]);
  assert.equal(sparsity.perLayer, [0.25, 0.5, 1]);
  assert.is(sparsity.meanLayer, 1.75 / 3);
  assert.is(sparsity.global, 8 / 16);
});

test('nothing pruned is sparsity 0, everything pruned is 1', () => {
  const none = sparsityOf(lengths.map(fullMask));
  assert.is(none.meanLayer, 0);
  assert.is(none.global, 0);
  const all = sparsityOf(lengths.map((length) => withZeros(length, length)));
  assert.is(all.meanLayer, 1);
  assert.is(all.global, 1);
});

test('a network without weights has a sparsity of 0', () => {
  assert.equal(sparsityOf([]), { meanLayer: 0, global: 0, perLayer: [] });
});

test('masks are checked against the layers they are for', async () => {
  const layers = [
    { name: 'conv1', shape: [6, 1, 5, 5] },
    { name: 'out', shape: [10, 84] },
  ];
  checkMasks([fullMask(150), fullMask(840)], layers);
  await assertBadInput(() => checkMasks([fullMask(150)], layers), /^got 1 masks for 2 prunable layers$/);
  await assertBadInput(() => checkMasks([], layers), /got 0 masks/);
  await assertBadInput(
    () => checkMasks([fullMask(150), fullMask(840), fullMask(1)], layers),
    /got 3 masks for 2/,
  );
  await assertBadInput(() => checkMasks([fullMask(150), fullMask(839)], layers), /\bout\b.* 839 .* 840 /);
  await assertBadInput(() => checkMasks([fullMask(840), fullMask(150)], layers), /\bconv1\b.* 840 .* 150 /);
});

test.run();
