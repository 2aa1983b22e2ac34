import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ImageSet } from '../../../src/data/dataset.ts';
import { checkClassBalance, splitInHalf, splitMnist, splitTraining } from '../../../src/data/splits.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';

/** Images of 1 x 2 pixels, class by class, each with its own number as its pixels. */
function numbered(count: number): ImageSet {
  const pixels = Uint8Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? i >>> 9 : (i >>> 1) & 255));
  const labels = Uint8Array.from({ length: count }, (_, i) => Math.floor((10 * i) / count));
  return { count, height: 1, width: 2, pixels, labels };
}

function numbers({ count, pixels }: ImageSet): number[] {
  return Array.from({ length: count }, (_, i) => pixels[2 * i]! * 256 + pixels[2 * i + 1]!);
}

const all = numbered(10_000);

test('6,000, 2,000 and 2,000 images: every image once, with its own label', () => {
  const splits = splitMnist(all);
  assert.equal([splits.train.count, splits.search.count, splits.test.count], [6000, 2000, 2000]);
  const seen = new Uint8Array(10_000);
  for (const set of [splits.train, splits.search, splits.test]) {
    assert.is(set.labels!.length, set.count);
    assert.is(set.pixels.length, 2 * set.count);
    numbers(set).forEach((image, i) => {
      seen[image]! += 1;
      if (set.labels![i] !== Math.floor(image / 1000))
        assert.unreachable(`image ${image} has label ${set.labels![i]}`);
    });
  }
  assert.ok(seen.every((times) => times === 1));
});

test('the seed decides the order; the default is "0"', () => {
  const order = (seed?: string) => numbers(splitMnist(all, seed).train).join();
  assert.ok(order() === order('0'));
  assert.ok(order('1') === order('1'));
  assert.ok(order('0') !== order('1'));
});

test('the default order stays as it is', () => {
  const { train, search, test: held } = splitMnist(all);
  const firsts = [train, search, held].map((set) => numbers(set).slice(0, 4));
  assert.equal(firsts, [
    [4400, 1386, 1008, 4135],
    [9067, 9429, 4367, 1234],
    [6213, 8581, 5044, 2060],
  ]);
});

test('over 100 seeds the first place is on average the middle image', () => {
  let sum = 0;
  for (let seed = 0; seed < 100; seed++) sum += numbers(splitMnist(all, `${seed}`).train)[0]!;
  // One uniform draw of 0 to 9,999 has a standard deviation of 2,887, the mean of 100 of 289.
  assert.ok(Math.abs(sum / 100 - 4999.5) < 4 * 289, `mean ${sum / 100}`);
});

test('another number of images is refused', () =>
  assertBadInput(() => splitMnist(numbered(9_999)), /9999 images to split, only 10000/));

test('a split with too many of one class is refused', async () => {
  const part = (begin: number, count: number): ImageSet => ({
    ...all,
    count,
    labels: all.labels!.subarray(begin, begin + count),
  });
  checkClassBalance('train', all, all);
  const unbalanced = /search images hold 1000 of class 0, 200 give or take 72 are allowed/;
  await assertBadInput(() => checkClassBalance('search', part(0, 2000), all), unbalanced);
  const missing = { ...all, labels: all.labels!.map((label) => (label === 3 ? 4 : label)) };
  checkClassBalance('train', missing, missing);
  await assertBadInput(
    () => checkClassBalance('test', splitMnist(all).test, missing),
    /of class 3, 0 give or take 0/,
  );
});

test('training files are cut at 80 %, rounded down, in file order', () => {
  const splits = splitTraining(numbered(14), numbered(3));
  assert.equal(numbers(splits.train), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.equal(numbers(splits.search), [11, 12, 13]);
  assert.equal([...splits.search.labels!], [7, 8, 9]);
  assert.equal(numbers(splits.test), [0, 1, 2]);
  assert.equal(splitTraining(numbered(2), numbered(1)).search.count, 1);
});

test('a single set is shuffled and split in halves, class by class', async () => {
  // 5, 3, 1 and 4 images of four classes.
  const labels = Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 3, 3, 3);
  const set = { ...numbered(13), labels };
  for (const seed of ['0', '1', '2', '3']) {
    const { train, search, test: held } = splitInHalf(set, seed);
    assert.is(train, search);
    assert.equal([search.count, held.count], [7, 6]);
    const all = [...numbers(search), ...numbers(held)];
    assert.equal(
      [...all].sort((a, b) => a - b),
      numbers(set),
    );
    assert.equal(
      [...search.labels!, ...held.labels!],
      all.map((image) => labels[image]),
    );
    for (const label of [0, 1, 2, 3]) {
      const [first, second] = [search, held].map(
        (half) => half.labels!.filter((one) => one === label).length,
      );
      assert.ok(Math.abs(first! - second!) <= 1, `class ${label}: ${first} and ${second}`);
    }
  }
  const order = (seed?: string) => numbers(splitInHalf(numbered(1000), seed).search).join();
  assert.is(order(), order('0'));
  assert.is.not(order(), order('1'));
  // Not class by class: the first images hold all classes.
  const first = splitInHalf(numbered(1000)).search.labels!.subarray(0, 100);
  assert.is(new Set(first).size, 10);
  await assertBadInput(() => splitInHalf(numbered(1)), /there is 1 image to split, at least 2 are needed/);
});

test('too few training images and two image sizes are refused', async () => {
  await assertBadInput(() => splitTraining(numbered(1), numbered(1)), /1 training image, at least 2/);
  const sizes = /test images are 1 x 2 x 1, the training images allow only 1 x 1 x 2/;
  await assertBadInput(() => splitTraining(numbered(4), { ...numbered(4), height: 2, width: 1 }), sizes);
  const { pixels, ...rest } = numbered(4);
  const floats = { ...rest, pixels: Float32Array.from(pixels) };
  for (const [training, held] of [
    [numbered(4), floats],
    [floats, numbered(4)],
  ] as const)
    await assertBadInput(() => splitTraining(training, held), /one set is bytes and one is other numbers/);
  assert.is(splitTraining(floats, floats).train.count, 3);
});

test.run();
