import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encode as encodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import { readDataset } from '../../../../src/formats/datasets/read.ts';
import { readDataPath } from '../../../../src/formats/node/data-path.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { flat, full, stack } from '../../../helpers/data/networks.ts';
import { inFolder } from '../../../helpers/in-folder.ts';

const network = (channels: number, classes = 3) => stack([channels, 2, 3], flat, full('out', classes));

const grey = (first: number, width = 3) =>
  encodePng({
    width,
    height: 2,
    channels: 1,
    depth: 8,
    data: Uint8Array.from({ length: 2 * width }, (_, i) => first + i),
  });
const colour = (first: number) =>
  encodePng({
    width: 3,
    height: 2,
    channels: 3,
    depth: 8,
    data: Uint8Array.from({ length: 18 }, (_, i) => first + i),
  });

type Files = Readonly<Record<string, Uint8Array>>;
const read = (files: Files, channels = 1, classes = 3) =>
  readDataset(
    Object.entries(files).map(([name, bytes]) => ({ name, bytes })),
    { network: network(channels, classes) },
  );

/** Class a has images 0, 10, 20, 30; b 40, 50; c 60, 70. */
const ofClasses = (make: (first: number) => Uint8Array, root: string): Files =>
  Object.fromEntries(
    ['a/0', 'a/1', 'a/2', 'a/3', 'b/4', 'b/5', 'c/6', 'c/7'].map((name) => [
      `${root}${name}.png`,
      make(10 * Number(name[2])),
    ]),
  );

test('one tree is a single set, with the names of the folders as classes', async () => {
  const { search, test: held, notes } = await read(ofClasses(grey, 'digits/'));
  assert.equal([search.count, held.count], [4, 4]);
  assert.equal(held.classNames, ['a', 'b', 'c']);
  for (const set of [search, held]) {
    assert.ok(set.pixels instanceof Uint8Array);
    assert.equal([...set.labels!].sort(), [0, 0, 1, 2]);
    const first = [...set.labels!].map((label, i) => [label, Math.floor(set.pixels[6 * i]! / 10)]);
    for (const [label, image] of first) assert.is(label, image! < 4 ? 0 : image! < 6 ? 1 : 2);
  }
  assert.match(notes.join(' '), /alphabetical order: 0 "a", 1 "b", 2 "c".*single set/);
});

for (const [train, held] of [
  ['train', 'test'],
  ['Training', 'testing'],
  ['train', 'val'],
] as const) {
  test(`${train} and ${held} are the sets, and each part of a set has all classes`, async () => {
    const files = { ...ofClasses(grey, `root/${train}/`), [`root/${held}/b/9.png`]: grey(200) };
    const found = await read(files);
    assert.equal([found.train.count, found.search.count, found.test.count], [6, 2, 1]);
    assert.equal(
      [...found.train.pixels].filter((_, i) => i % 6 === 0),
      [0, 40, 60, 10, 20, 50],
    );
    assert.equal([...found.search.labels!], [2, 0]);
    assert.equal([...found.test.pixels], [200, 201, 202, 203, 204, 205]);
    assert.equal([...found.test.labels!], [1]);
    assert.is(
      found.notes.some((note) => /validation images are the test set/.test(note)),
      held === 'val',
    );
  });
}

test('validation images beside a test set are not used, and a note says so', async () => {
  const found = await read({
    ...ofClasses(grey, 'train/'),
    ...ofClasses(grey, 'test/'),
    'val/a/1.png': grey(9),
  });
  assert.is(found.test.count, 8);
  assert.match(found.notes.join(' '), /The validation images are not used/);
});

test('colours become channels; grey images are three equal ones for a network of three', async () => {
  const coloured = await read(ofClasses(colour, ''), 3);
  const first = [...coloured.search.pixels.subarray(0, 18)];
  const start = first[0]!;
  const expected = [0, 3, 6, 9, 12, 15, 1, 4, 7, 10, 13, 16, 2, 5, 8, 11, 14, 17];
  assert.equal(
    first,
    expected.map((value) => start + value),
  );
  const raised = await read(ofClasses(grey, ''), 3);
  const [red, green, blue] = [0, 1, 2].map((c) => [...raised.search.pixels.subarray(6 * c, 6 * c + 6)]);
  assert.equal(red, green);
  assert.equal(red, blue);
  assert.is(red![1], red![0]! + 1);
  // Grey that is stored as colours.
  const same = (value: number) =>
    encodePng({ width: 3, height: 2, channels: 3, depth: 8, data: new Uint8Array(18).fill(value) });
  assert.equal([...(await read(ofClasses(same, ''))).search.pixels.subarray(0, 6)].length, 6);
  await assertBadInput(
    () => read(ofClasses(colour, '')),
    /b\/4\.png|\.png: the image has colours, the network takes one channel/,
  );
});

test('JPEG files, of which grey ones are grey', async () => {
  const photo = (value: number) => {
    const data = Buffer.alloc(2 * 3 * 4, value);
    return new Uint8Array(jpeg.encode({ width: 3, height: 2, data }, 100).data);
  };
  const files = { 'a/0.jpg': photo(50), 'a/1.jpeg': photo(60), 'b/0.JPG': photo(200), 'b/1.png': grey(9) };
  const { search, test: held } = await read(files, 1, 2);
  const values = [...search.pixels, ...held.pixels];
  assert.is(values.filter((value) => Math.abs(value - 200) <= 2).length, 6);
  assert.is(values.filter((value) => value >= 9 && value < 15).length, 6);
});

test('a folder on disk: other files are left out, and so are hidden ones', () =>
  inFolder(async (dir) => {
    const files: Files = {
      ...ofClasses(grey, 'set/train/'),
      ...ofClasses(grey, 'set/test/'),
      'set/train/a/Thumbs.db': new Uint8Array(3),
      'set/train/a/.x.png': new Uint8Array(3),
      'set/readme.txt': new Uint8Array(3),
    };
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(dir, name)), { recursive: true });
      await writeFile(join(dir, name), bytes);
    }
    const both = await readDataPath(join(dir, 'set'), { network: network(1) });
    assert.equal([both.train.count, both.search.count, both.test.count], [6, 2, 8]);
    const only = await readDataPath(join(dir, 'set/test'), { network: network(1) });
    assert.equal([only.search.count, only.test.count], [4, 4]);
    await assertBadInput(
      () => readDataPath(join(dir, 'set/test'), { network: network(1, 2) }),
      /the labels are text with 3 different values, \["a", "b", "c"\], the network has 2 classes/,
    );
  }));

for (const [name, files, pattern] of [
  [
    'two sizes',
    { 'a/0.png': grey(0), 'b/1.png': grey(0, 4) },
    /^b\/1\.png: the image is 2 x 4 pixels, the first is 2 x 3$/,
  ],
  [
    'another size than the network',
    { 'a/0.png': grey(0, 4) },
    /a\/0\.png: the images are 2 x 4 pixels, the network takes 1 x 2 x 3/,
  ],
  ['an image in no folder', { '0.png': grey(0) }, /image "0\.png" is in no folder/],
  [
    'images beside those of a training set',
    { 'train/a/0.png': grey(0), 'b/1.png': grey(0) },
    /"b\/1\.png" is in no folder of a training/,
  ],
  [
    'a PNG of 16 bits',
    { 'a/0.png': encodePng({ width: 3, height: 2, channels: 1, depth: 16, data: new Uint16Array(6) }) },
    /16 bits for each channel/,
  ],
  [
    'transparency',
    { 'a/0.png': encodePng({ width: 3, height: 2, channels: 2, depth: 8, data: new Uint8Array(12) }) },
    /has transparent pixels/,
  ],
] as [string, Files, RegExp][]) {
  test(`${name}: refused`, () => assertBadInput(() => read(files), pattern));
}

test.run();
