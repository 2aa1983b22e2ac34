/** Inputs of any shape become pictures: images, tiles of channels, curves. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ImageSet } from '../../../src/data/dataset.ts';
import { picturesOf } from '../../../web/worker/pictures.ts';

const floats = (shape: readonly [number, number, number, number], value: (i: number) => number): ImageSet => {
  const [count, channels, height, width] = shape;
  const pixels = Float32Array.from({ length: count * channels * height * width }, (_, i) => value(i));
  return { count, channels, height, width, pixels };
};
const bytes = (shape: readonly [number, number, number, number], value: (i: number) => number): ImageSet => ({
  ...floats(shape, value),
  pixels: Uint8Array.from(floats(shape, value).pixels),
});

test('images of one and of three channels stay as they are', () => {
  for (const [channels, form] of [
    [1, 'grey'],
    [3, 'colour'],
  ] as const) {
    const images = bytes([2, channels, 4, 5], (i) => i);
    assert.equal(picturesOf(images), { form, channels, height: 4, width: 5, pixels: images.pixels });
  }
});

test('numbers go from the least to the largest', () => {
  const pictures = picturesOf(floats([1, 1, 2, 2], (i) => 10 * i - 3))!;
  assert.equal([...pictures.pixels], [0, 85, 170, 255]);
});

test('large images are means over blocks', () => {
  // Columns of 0 and 100 in turn, in blocks of two; the last block of 129 columns has one alone.
  const pictures = picturesOf(bytes([1, 1, 2, 129], (i) => 100 * ((i % 129) % 2)))!;
  assert.equal([pictures.height, pictures.width], [1, 43]);
  assert.equal([...pictures.pixels.subarray(0, 3)], [33, 66, 33]);
});

test('two channels lie beside each other, five in three columns, with a gap between', () => {
  const two = picturesOf(bytes([2, 2, 2, 2], (i) => i + 1))!;
  assert.equal([two.form, two.channels, two.height, two.width], ['grey', 1, 2, 5]);
  assert.equal([...two.pixels.subarray(0, 10)], [1, 2, 1, 5, 6, 3, 4, 1, 7, 8]);
  assert.equal([...two.pixels.subarray(10, 15)], [9, 10, 1, 13, 14]);
  const five = picturesOf(bytes([1, 5, 2, 2], (i) => i))!;
  assert.equal([five.height, five.width], [5, 8]);
});

for (const [what, images] of [
  ['of one row', floats([2, 1, 1, 4], (i) => i)],
  ['of one column', floats([2, 1, 4, 1], (i) => i)],
  ['in a vector', floats([2, 4, 1, 1], (i) => i)],
] as const) {
  test(`a signal ${what} is a curve`, () => {
    const { pixels, ...rest } = picturesOf(images)!;
    assert.equal(rest, { form: 'curves', channels: 1, height: 1, width: 4 });
    assert.equal([...pixels], [0, 36, 73, 109, 146, 182, 219, 255]);
  });
}

test('each channel of a signal has a curve and a scale', () => {
  // The second is a thousand times the first, the third does not vary.
  const { channels, pixels } = picturesOf(floats([1, 3, 1, 2], (i) => [1, 2, 1000, 2000, 7, 7][i]!))!;
  assert.is(channels, 3);
  assert.equal([...pixels], [0, 255, 0, 255, 128, 128]);
});

test('a long signal keeps its least and largest numbers', () => {
  const { width, pixels } = picturesOf(
    floats([1, 1, 1, 10_000], (i) => (i === 5003 ? 9 : i === 5005 ? -9 : 0)),
  )!;
  assert.is(width, 256);
  // Of the part with both, the larger comes first.
  const at = pixels.indexOf(255);
  assert.equal([...pixels.subarray(at - 1, at + 3)], [128, 255, 0, 128]);
});

test('bytes in a vector are an image if they are as many as a square has, other numbers are not', () => {
  const pictures = picturesOf(bytes([1, 784, 1, 1], () => 1))!;
  assert.equal([pictures.form, pictures.height, pictures.width], ['grey', 28, 28]);
  assert.is(picturesOf(floats([1, 784, 1, 1], () => 1))!.form, 'curves');
  assert.is(picturesOf(bytes([1, 60, 1, 1], () => 1))!.form, 'curves');
});

test('a single number has no picture', () => {
  assert.is(picturesOf(floats([3, 1, 1, 1], (i) => i)), undefined);
});

test.run();
