import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { imageShape } from '../../../../src/data/dataset.ts';
import { placeImages, reshaped } from '../../../../src/formats/datasets/layout.ts';
import type { Numbers } from '../../../../src/formats/arrays/array.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';

const counted = (shape: readonly number[]) =>
  Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i % 251);

const place = (shape: readonly number[], input: readonly number[], numbers: Numbers = counted(shape)) =>
  placeImages({ shape, numbers }, input);

test('layouts are found by shape; channels come first', () => {
  for (const [image, input, moved] of [
    [[3, 4, 5], [3, 4, 5], false],
    [[4, 5, 3], [3, 4, 5], true],
    [[4, 5], [1, 4, 5], false],
    [[4, 5, 1], [1, 4, 5], false],
    [[1, 4, 5], [1, 4, 5], false],
    [[60], [3, 4, 5], false],
    [[20], [1, 4, 5], false],
    [[20], [20], false],
    [[4, 5], [20], false],
    [[4, 5, 3], [60], false],
    [[2, 9], [2, 1, 9], false],
    [[9, 2], [2, 1, 9], true],
    [[9], [1, 1, 9], false],
    [[1, 1, 9], [9], false],
    [[], [1], false],
    [[7, 7, 2], [2, 7, 7], true],
  ] as const) {
    const { images, notes } = place([2, ...image], input);
    assert.equal(imageShape(images), input.length === 1 ? [input[0], 1, 1] : input);
    assert.equal([images.count, notes], [2, []]);
    const stored = counted([2, ...image]);
    const [channels, height = 1, width = 1] = input as readonly [number, number?, number?];
    const area = height * width;
    const expected = stored.map((_, i) => {
      const [image, channel, pixel] = [
        Math.floor(i / (channels * area)),
        Math.floor(i / area) % channels,
        i % area,
      ];
      return stored[moved ? (image * area + pixel) * channels + channel : i]!;
    });
    assert.equal([...images.pixels], [...expected], `${image.join()} for ${input.join()}`);
    assert.is(
      expected.some((value, i) => value !== stored[i]),
      moved,
    );
  }
});

test('if both layouts fit, channels first is assumed, and a note says so', () => {
  for (const size of [2, 3]) {
    const shape = [2, size, size, size];
    const { images, notes } = place(shape, [size, size, size]);
    assert.equal([...images.pixels], [...counted(shape)]);
    assert.is(notes.length, 1);
    assert.match(notes[0]!, new RegExp(`^The images of ${size} x ${size} x ${size} .* channels first\\.$`));
  }
});

test('what fits nothing is refused with both shapes', async () => {
  for (const [shape, input, pattern] of [
    [[5, 32, 32, 3], [1, 28, 28], /^the images are 32 x 32 x 3, the network takes 1 x 28 x 28$/],
    [[5, 28, 28], [3, 28, 28], /^the images are 28 x 28, the network takes 3 x 28 x 28$/],
    [[5, 14, 56], [1, 28, 28], /^the images are 14 x 56, the network takes 1 x 28 x 28$/],
    [[5, 4, 3, 5], [3, 4, 5], /^the images are 4 x 3 x 5, the network takes 3 x 4 x 5$/],
    [[5, 783], [784], /^the images are 783, the network takes 784$/],
    [[0, 784], [784], /^there are 0 images/],
    [[], [1], /^there are 0 images/],
  ] as const)
    await assertBadInput(() => place(shape, input, new Uint8Array(0)), pattern);
  await assertBadInput(() => placeImages({ shape: [1], texts: ['a'] }, [1]), /images are text/);
});

test('bytes stay bytes and share memory, other numbers become float32', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  assert.is(place([2, 2], [2], bytes).images.pixels.buffer, bytes.buffer);
  for (const numbers of [
    Int8Array.of(1, -2, 3, 4),
    Uint16Array.of(1, 2, 3, 65535),
    Float32Array.of(1, 2, 0.5, -4),
    Float64Array.of(1, 0.1, 3, -4),
  ]) {
    const { pixels } = place([2, 2], [2], numbers).images;
    assert.ok(pixels instanceof Float32Array);
    assert.equal([...pixels], Array.from(numbers, Math.fround));
  }
});

test('pixels that are not finite are refused with their index', async () => {
  for (const [value, shown] of [
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
    [1e300, '1e\\+300'],
  ] as const) {
    const numbers = new Float64Array(12);
    numbers[7] = value;
    const pattern = new RegExp(
      `hold ${shown} at index 7, in image 1, only finite float32 numbers are allowed`,
    );
    await assertBadInput(() => place([3, 2, 2], [1, 2, 2], numbers), pattern);
  }
});

test('digits are given to networks of features, and stay as they are for others', () => {
  const set = { count: 2, height: 4, width: 5, pixels: counted([2, 20]), labels: Uint8Array.of(0, 1) };
  for (const [input, shape] of [
    [[20], [20, 1, 1]],
    [
      [1, 4, 5],
      [1, 4, 5],
    ],
    [
      [1, 5, 4],
      [1, 4, 5],
    ],
    [
      [5, 2, 2],
      [1, 4, 5],
    ],
    [[784], [1, 4, 5]],
  ] as const) {
    const found = reshaped(set, input);
    assert.equal(imageShape(found), shape);
    assert.is(found.pixels, set.pixels);
  }
});

test.run();
