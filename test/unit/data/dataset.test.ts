import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { holdBack, joinImages, pickImages, takeImages, type ImageSet } from '../../../src/data/dataset.ts';
import { assertBadInput } from '../../helpers/assert/bad-input.ts';

/** Images of 2 x 3 pixels, each with its number as its label and in all of its pixels. */
function numbered(count: number): ImageSet {
  return {
    count,
    height: 2,
    width: 3,
    pixels: Uint8Array.from({ length: 6 * count }, (_, i) => Math.floor(i / 6)),
    labels: Uint8Array.from({ length: count }, (_, i) => i),
  };
}

test('the first four fifths are tuned on, rounded down, the rest is held back', () => {
  for (const [count, tuning] of [
    [5, 4],
    [6, 4],
    [9, 7],
    [10, 8],
    [41, 32],
    [44, 35],
  ] as const) {
    const all = numbered(count);
    const held = holdBack(all);
    assert.equal([held.tuning.count, held.validation.count], [tuning, count - tuning]);
    for (const { height, width, pixels, labels, count: images } of [held.tuning, held.validation]) {
      assert.equal([height, width, pixels.length, labels!.length], [2, 3, 6 * images, images]);
      assert.ok(pixels.buffer === all.pixels.buffer && labels!.buffer === all.labels!.buffer);
    }
    const { tuning: first, validation: rest } = held;
    assert.equal([...first.labels!, ...rest.labels!], [...all.labels!]);
    assert.equal([...first.pixels, ...rest.pixels], [...all.pixels]);
  }
});

test('what lies beyond the images of a set is not taken', () => {
  const { tuning, validation } = holdBack({ ...numbered(12), count: 10 });
  assert.equal([...tuning.labels!], [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal([...validation.labels!], [8, 9]);
  assert.equal([...validation.pixels], [8, 8, 8, 8, 8, 8, 9, 9, 9, 9, 9, 9]);
});

test('soft targets go with their images', () => {
  const all = { ...numbered(10), softTargets: Float32Array.from({ length: 30 }, (_, i) => i) };
  const { tuning, validation } = holdBack(all);
  assert.equal([tuning.softTargets!.length, ...validation.softTargets!], [24, 24, 25, 26, 27, 28, 29]);
  assert.equal([...pickImages(all, Uint32Array.of(9, 2)).softTargets], [27, 28, 29, 6, 7, 8]);
  assert.equal(
    [...joinImages([validation, tuning]).softTargets!.subarray(0, 7)],
    [24, 25, 26, 27, 28, 29, 0],
  );
  assert.is(joinImages([validation, { ...tuning, softTargets: undefined }]).softTargets, undefined);
});

test('fewer than five images are refused', async () => {
  const cases = { 4: /^the image set has 4 images, at least 5 are needed/, 1: /^the image set has 1 image,/ };
  for (const [count, message] of Object.entries(cases))
    await assertBadInput(() => holdBack(numbered(Number(count))), message);
});

test('a number of images that a set does not have is refused', async () => {
  for (const count of [0, -1, 1.5, 10, NaN]) {
    await assertBadInput(() => takeImages(numbered(9), count), /count is/);
  }
});

test.run();
