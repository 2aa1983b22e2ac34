import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chunksOf, growingChunks } from '../../../../src/engine/plan/chunks.ts';

test('chunks cover all images once, in order', () => {
  for (const [images, largest, expected] of [
    [10, 4, [4, 4, 2]],
    [8, 4, [4, 4]],
    [3, 4, [3]],
    [4, 4, [4]],
    [1, 1, [1]],
    [3, 1, [1, 1, 1]],
    [10, Infinity, [10]],
    [0, 4, []],
  ] as const) {
    const chunks = chunksOf(images, largest);
    const counts = chunks.map(({ count }) => count);
    assert.equal(counts, expected);
    let next = 0;
    for (const { first, count } of chunks) {
      assert.is(first, next);
      next += count;
    }
    assert.is(next, images);
  }
});

test('growing chunks cover all images once, in order', () => {
  for (const [images, maxImages, minImages] of [
    [10_000, Infinity, 64],
    [10_000, 512, 64],
    [1_601, 4_096, 64],
    [63, 64, 64],
    [64, 64, 64],
    [65, 64, 64],
    [1, 64, 64],
    [0, 64, 64],
  ] as const) {
    const chunks = growingChunks(images, maxImages, { minImages, growth: 1 / 4 });
    let next = 0;
    for (const [i, { first, count }] of chunks.entries()) {
      assert.is(first, next);
      assert.ok(count > 0 && count <= maxImages, `${images}: ${count} images`);
      if (i + 1 < chunks.length) assert.is(count % minImages, 0);
      next += count;
    }
    assert.is(next, images);
  }
});

test('growing chunks start small and are a fraction of the images before them', () => {
  const counts = (images: number, maxImages: number) =>
    growingChunks(images, maxImages, { minImages: 4, growth: 1 / 2 }).map(({ count }) => count);
  // A 32nd of all images first, then half of what was seen, in multiples of 4.
  assert.equal(counts(256, Infinity), [8, 8, 8, 12, 20, 28, 44, 64, 64]);
  assert.equal(counts(256, 16), [8, 8, 8, 12, ...Array<number>(13).fill(16), 12]);
  assert.equal(counts(10, Infinity), [4, 4, 2]);
});

test.run();
