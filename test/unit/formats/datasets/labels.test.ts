import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Numbers } from '../../../../src/formats/arrays/array.ts';
import { readLabels } from '../../../../src/formats/datasets/labels.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';

const source = (numbers: Numbers, shape: readonly number[] = [numbers.length], name = 'y') => ({
  name,
  array: { shape, numbers },
});
const texts = (...words: string[]) => ({ name: 'y', array: { shape: [words.length], texts: words } });
const listed = (...args: Parameters<typeof readLabels>) =>
  readLabels(...args).labels.map((list) => [...list]);

test('numbers of any type, in one column or several axes of length 1', () => {
  for (const numbers of [Uint8Array.of(2, 0, 1), Int32Array.of(2, 0, 1), Float32Array.of(2, 0, 1)]) {
    for (const shape of [[3], [3, 1], [3, 1, 1]]) {
      const { labels, notes, classNames } = readLabels([source(numbers, shape)], 3);
      assert.equal([labels.map((list) => [...list]), notes, classNames], [[[2, 0, 1]], [], undefined]);
    }
  }
  // Fewer classes than the network has are fine.
  assert.equal(listed([source(Uint8Array.of(0, 1))], 10), [[0, 1]]);
});

test('labels are bytes where they fit, and 16 bits otherwise', () => {
  assert.ok(readLabels([source(Float64Array.of(255))], 256).labels[0] instanceof Uint8Array);
  const [wide] = readLabels([source(Float64Array.of(0, 256))], 257).labels;
  assert.ok(wide instanceof Uint16Array);
  assert.equal([...wide], [0, 256]);
});

test('one-hot rows', () => {
  const rows = Float32Array.of(0, 1, 0, 0, 0, 1, 1, 0, 0);
  assert.equal(listed([source(rows, [3, 3])], 3), [[1, 2, 0]]);
  assert.equal(listed([source(Uint8Array.from(rows), [3, 3]), source(Uint8Array.of(2, 1))], 3), [
    [1, 2, 0],
    [2, 1],
  ]);
});

test('labels from 1 are counted from 0, with a note, if the largest is the number of classes', () => {
  const { labels, notes } = readLabels([source(Uint8Array.of(1, 26, 2)), source(Uint8Array.of(3))], 26);
  assert.equal(
    labels.map((list) => [...list]),
    [[0, 25, 1], [2]],
  );
  assert.equal(notes, ['The labels start at 1: class 0 is label 1, class 25 is label 26.']);
  // The sets are decided on together.
  assert.equal(listed([source(Uint8Array.of(1, 2)), source(Uint8Array.of(3))], 3), [[0, 1], [2]]);
  // Without the largest, nothing says so.
  assert.equal(listed([source(Uint8Array.of(1, 2))], 3), [[1, 2]]);
});

test('labels without 0 that do not reach the number of classes are taken as they are, with a note', () => {
  const noted = (sets: readonly (readonly number[])[], classes: number) =>
    readLabels(
      sets.map((labels) => source(Uint8Array.from(labels))),
      classes,
    ).notes;
  const note =
    "There is no label 0: the labels go from 1 to 9 and are taken as classes 1 to 9 of the network's 0 to 9.";
  assert.equal(noted([[2, 9, 1], [5]], 10), [note]);
  assert.equal(noted([[5], [2, 9, 1]], 10), [note]);
  assert.equal(noted([[1, 1]], 2), [
    "There is no label 0: all labels are 1 and are taken as class 1 of the network's 0 to 1.",
  ]);
  // A 0 in any set settles it, and so do labels that could not start at 1 and rows with a column for each class.
  assert.equal(noted([[2, 9, 1], [0]], 10), []);
  assert.equal(noted([[2, 9]], 10), []);
  const oneHot = readLabels([source(Uint8Array.of(0, 1, 0, 0, 0, 1), [2, 3])], 3);
  assert.equal(oneHot.notes, []);
});

test('texts are classes in alphabetical order, with a note that lists them', () => {
  const { labels, classNames, notes } = readLabels([texts('dog', 'cat', 'dog'), texts('eel')], 3);
  assert.equal(
    labels.map((list) => [...list]),
    [[1, 0, 1], [2]],
  );
  assert.equal(classNames, ['cat', 'dog', 'eel']);
  assert.equal(notes, [
    'The labels are text, the classes are in alphabetical order: 0 "cat", 1 "dog", 2 "eel".',
  ]);
  const many = readLabels(
    [texts(...Array.from({ length: 40 }, (_, i) => `\x1b${String.fromCharCode(64 + i)}`))],
    40,
  );
  assert.match(many.notes[0]!, / 29 "\S+" and 10 more\.$/);
  // eslint-disable-next-line no-control-regex
  assert.not.match(many.notes[0]!, /\x1b/);
});

test('anything else is refused with the value and its index', async () => {
  for (const [numbers, pattern] of [
    [Float32Array.of(0, 1, 2.5), /^y: label 2\.5 at index 2 is no class/],
    [Float32Array.of(0, NaN), /^y: label NaN at index 1/],
    [Float32Array.of(Infinity), /^y: label Infinity at index 0/],
    [Int8Array.of(0, -1), /^y: label -1 at index 1/],
    [Float64Array.of(2 ** 60), /^y: label 1152921504606847000 at index 0/],
    [
      Uint8Array.of(0, 3, 7),
      /^y: label 7 at index 2 is the largest, so the data have 8 classes, the network has 3$/,
    ],
    [
      Uint8Array.of(1, 4),
      /^y: label 4 at index 1 is the largest, so the data have 4 classes, the network has 3$/,
    ],
    [
      Uint8Array.of(0, 3),
      /^y: label 3 at index 1 is the largest, so the data have 4 classes, the network has 3$/,
    ],
  ] as const)
    await assertBadInput(() => readLabels([source(numbers)], 3), pattern);
  for (const [rows, pattern] of [
    [[0, 1, 0, 0, 0, 0], /^y: row 1 holds 0 at index 3, only rows of zeros with a single 1/],
    [[0, 1, 0, 1, 0, 1], /^y: row 1 holds 1 at index 5/],
    [[0, 1, 0, 0, 0.5, 0.5], /^y: row 1 holds 0\.5 at index 4/],
  ] as const)
    await assertBadInput(() => readLabels([source(Float32Array.from(rows), [2, 3])], 3), pattern);
  for (const [shape, pattern] of [
    [[2, 2], /^y: the rows have 2 columns, so the data have 2 classes, the network has 3$/],
    [[2, 2, 1], /^y: the labels are 2 x 2 x 1, only one per image or one-hot rows are allowed$/],
    [[], /^y: the labels are a single value/],
  ] as const)
    await assertBadInput(() => readLabels([source(new Uint8Array(4), shape)], 3), pattern);
  await assertBadInput(
    () => readLabels([texts('a', 'b')], 3),
    /text with 2 different values, \["a", "b"\], .* 3 classes/,
  );
  await assertBadInput(
    () => readLabels([texts('a'), source(Uint8Array.of(1))], 3),
    /text in one set and numbers/,
  );
  await assertBadInput(
    () => readLabels([{ name: 'y', array: { shape: [1, 3], texts: ['a', 'b', 'c'] } }], 3),
    /^y: the labels are 1 x 3/,
  );
});

test.run();
