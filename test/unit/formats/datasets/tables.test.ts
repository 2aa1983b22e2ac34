/** Tables as data sets. */
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDataset, type ReadOptions } from '../../../../src/formats/datasets/read.ts';
import type { Task } from '../../../../src/network/task.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { flat, full, stack } from '../../../helpers/data/networks.ts';

const digits = stack([1, 2, 2], flat, full('out', 3));
const two = (outputs: number) => stack([2], full('out', outputs));

const read = (files: Readonly<Record<string, string>>, options: Partial<ReadOptions> = {}) =>
  readDataset(
    Object.entries(files).map(([name, text]) => ({ name, bytes: Buffer.from(text) })),
    { network: digits, ...options },
  );

/** Images of four pixels with a label, as text: pixels are 10 * label + column and, in the first, 255. */
const rows = (labels: readonly number[], place: 'first' | 'last') =>
  labels.map((label, i) => {
    const pixels = [0, 10 * label + 1, 10 * label + 2, i === 0 ? 255 : 0];
    return (place === 'first' ? [label, ...pixels] : [...pixels, label]).join();
  });
const csv = (lines: readonly string[]) => `${lines.join('\n')}\n`;
const labels = [0, 1, 2, 2, 1, 0, 1, 2, 0, 2];

test('gzipped tables are read as plain ones', async () => {
  const files = { 'x_train.csv': '1,2,3,255\n4,5,6,7\n'.repeat(5), 'y_train.csv': '0\n2\n'.repeat(5) };
  const others = { 'x_test.csv': '9,8,7,6\n', 'y_test.csv': '1\n' };
  const plain = await read({ ...files, ...others });
  const gzipped = await readDataset(
    Object.entries({ ...files, ...others }).map(([name, text]) => ({
      ...{ name: `${name}.gz`, bytes: gzipSync(text) },
    })),
    { network: digits },
  );
  assert.equal(gzipped, plain);
  assert.equal([...plain.test.pixels, ...plain.test.labels!], [9, 8, 7, 6, 1]);
});

const HEADERS = {
  first: ['label,1x1,1x2,2x1,2x2', 'class,pixel1,pixel2,pixel3,pixel4', 'Label,a,b,c,d'],
  last: ['pixel1,pixel2,pixel3,pixel4,class', 'a,b,c,d,"target"', 'a,b,c,d,y'],
};
for (const place of ['first', 'last'] as const) {
  for (const header of [undefined, ...HEADERS[place]]) {
    test(`labels ${place}, ${header === undefined ? 'without a header' : `with the header ${header}`}`, async () => {
      const lines = (values: readonly number[]) => csv([...(header ? [header] : []), ...rows(values, place)]);
      const found = await read({
        'mnist_test.csv': lines([2, 1, 0, 1, 1]),
        'mnist_train.csv': lines(labels),
      });
      assert.equal([found.train.count, found.search.count, found.test.count], [8, 2, 5]);
      assert.equal([...found.train.labels!], labels.slice(0, 8));
      assert.equal([...found.test.labels!], [2, 1, 0, 1, 1]);
      assert.ok(found.test.pixels instanceof Uint8Array);
      assert.equal([...found.test.pixels.subarray(0, 8)], [0, 21, 22, 255, 0, 11, 12, 0]);
      assert.equal([found.test.channels, found.test.height, found.test.width], [1, 2, 2]);
      const guessed =
        header === undefined ? [`The ${place} of the 5 columns of the table is taken as the labels.`] : [];
      const bytes = 'The numbers of the table are whole and go from 0 to 255, so they are taken as bytes.';
      assert.equal(found.notes, [...guessed, bytes]);
    });
  }
}

test('numbers of any range become float32, text labels classes in alphabetical order', async () => {
  const iris = ['5.1,0.2,setosa', '7,-1.4,versicolor', '6.3,2.5,setosa', '5.8,1,versicolor'];
  const found = await read({ 'iris.csv': csv(iris) }, { network: two(2) });
  assert.equal([found.search.count, found.test.count], [2, 2]);
  assert.ok(found.test.pixels instanceof Float32Array);
  assert.equal(found.test.classNames, ['setosa', 'versicolor']);
  assert.match(
    found.notes.join(' '),
    /last of the 3 columns .* classes are in alphabetical order: 0 "setosa", 1 "versicolor"/,
  );
  const all = [...found.search.pixels, ...found.test.pixels].sort((a, b) => a - b);
  assert.equal(all, [...Float32Array.of(-1.4, 0.2, 1, 2.5, 5.1, 5.8, 6.3, 7)]);
});

test('whole numbers that do not go up to 255 are numbers', async () => {
  const found = await read({ 'a.csv': csv(['x,z,label', '0,3,0', '254,4,1']) }, { network: two(2) });
  assert.ok(found.test.pixels instanceof Float32Array);
  assert.equal(found.notes.length, 1);
});

test('the caller may name the column, by its number too', async () => {
  const text = csv(['species,x,z', 'b,1,2', 'a,3,4']);
  for (const labelColumn of ['species', '1']) {
    const found = await read({ 'a.csv': text }, { network: two(2), labelColumn });
    assert.equal([found.test.classNames, found.notes.length], [['a', 'b'], 2]);
  }
  const middle = await read({ 'a.csv': csv(['1,0,2', '3,1,4']) }, { network: two(2), labelColumn: '2' });
  assert.equal([...middle.search.labels!, ...middle.test.labels!].sort(), [0, 1]);
  await assertBadInput(
    () => read({ 'a.csv': text }, { network: two(2), labelColumn: 'kind' }),
    /^labelColumn is kind but must be a column of the table, "species", "x", "z"$/,
  );
  await assertBadInput(
    () => read({ 'a.csv': csv(['1,0,2', '3,1,4']) }, { network: two(2), labelColumn: '4' }),
    /must be the number of a column from 1 to 3/,
  );
  await assertBadInput(
    () => readDataset([{ name: 'x', bytes: new Uint8Array(4) }], { network: two(2), labelColumn: 'y' }),
    /labelColumn has no effect without a table of data in CSV/,
  );
});

for (const [name, files, network, task, count] of [
  ['a regression', { 'a.csv': csv(['x,z,target', '1,2,0.5', '3,4,-7']) }, two(1), 'regression', 1],
  ['an autoencoder', { 'a.csv': csv(['1,2', '3,4']) }, two(2), 'regression', 0],
  ['one answer', { 'a.csv': csv(['x,z,y', '1,2,no', '3,4,yes']) }, two(1), 'binary', 1],
  [
    'several answers, in a table of their own',
    { 'x.csv': csv(['1,2', '3,4']), 'y.csv': csv(['0,1,1', '1,1,0']) },
    two(3),
    'binary',
    3,
  ],
] as [string, Record<string, string>, typeof digits, Task, number][]) {
  test(`tables for ${name}`, async () => {
    const { search, test: held } = await read(files, { network, task });
    assert.equal([search.count, held.count], [1, 1]);
    assert.is(held.targets?.length ?? 0, count);
    if (name === 'a regression') assert.equal([...search.targets!, ...held.targets!].sort(), [-7, 0.5]);
  });
}

test('images and labels in tables of their own, for training and test', async () => {
  const found = await read({
    'x_train.csv': csv(['0,1,2,3', '4,5,6,7', '8,9,10,11']),
    'y_train.csv': csv(['label', '0', '1', '2']),
    'x_test.csv': csv(['a,b,c,d', '9,9,9,9']),
    'y_test.csv': csv(['2']),
  });
  assert.equal([found.train.count, found.search.count, found.test.count], [2, 1, 1]);
  assert.equal([...found.train.labels!, ...found.search.labels!, ...found.test.labels!], [0, 1, 2, 2]);
});

for (const [name, text, options, pattern] of [
  ['a gap', csv(['x,z,label', '1,2,0', '3,,1']), {}, /a\.csv: row 3 has nothing as "z", only numbers/],
  [
    'text among numbers',
    csv(['1,2,0', '3,?,1', '1,2,1']),
    { labelColumn: '3' },
    /row 2 has "\?" as column 2/,
  ],
  ['a label that is missing', csv(['x,z,label', '1,2,a', '3,4,']), {}, /row 3 has nothing as "label"/],
  [
    'too few columns',
    csv(['1,2', '3,4']),
    { network: stack([4], full('out', 2)) },
    /has 2 columns, the network takes 4/,
  ],
  ['no name of labels', csv(['a,b,c,d', '1,2,3,4']), {}, /has 4 columns and none of the names of labels/],
  [
    'too many features',
    csv(['a,b,c,label', '1,2,3,0', '1,2,3,1']),
    {},
    /the images are 3, the network takes 2/,
  ],
  [
    'columns that are both classes',
    csv(['0,3,1', '1,4,0']),
    {},
    /no header, and its first and last column may both/,
  ],
  [
    'columns that are no classes',
    csv(['0.5,3,1.5', '1,4,0']),
    {},
    /first and last column may both be the labels, or neither/,
  ],
] as [string, string, Partial<ReadOptions>, RegExp][]) {
  test(`${name} in a table is refused`, () =>
    assertBadInput(() => read({ 'a.csv': text }, { network: two(2), ...options }), pattern));
}

test.run();
