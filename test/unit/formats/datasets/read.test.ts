import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { datasetDigest } from '../../../../src/data/digest.ts';
import { MasksearchError } from '../../../../src/core/error.ts';
import { readDataset } from '../../../../src/formats/datasets/read.ts';
import type { Network } from '../../../../src/network/network.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { flat, full, stack } from '../../../helpers/data/networks.ts';
import { npyBytes, npyFloats, npyTexts, npyWhole, npz } from '../../../helpers/data/npy.ts';
import { generator } from '../../../helpers/data/numbers.ts';
import { idx } from '../../../helpers/data/idx.ts';

/** Two features, three classes. */
const network: Network = stack([2], full('out', 3));

const pixels = (count: number, first = 0) => Uint8Array.from({ length: 2 * count }, (_, i) => first + i);
const classes = (count: number) => Uint8Array.from({ length: count }, (_, i) => i % 3);
const x = (count: number, first = 0) => npyBytes([count, 2], pixels(count, first));
const y = (count: number) => npyWhole([count], classes(count));

const read = (files: Readonly<Record<string, Uint8Array>>, splitSeed?: string) =>
  readDataset(
    Object.entries(files).map(([name, bytes]) => ({ name, bytes })),
    { network, splitSeed },
  );

test('a training and a test set in one file: 80 %, the rest, the test set', async () => {
  const file = npz({ x_train: x(10), y_train: y(10), x_test: x(4, 100), y_test: y(4) }, { deflate: true });
  const { train, search, test: held, notes } = await read({ 'digits.npz': file });
  assert.equal([train.count, search.count, held.count, notes], [8, 2, 4, []]);
  assert.equal([...train.pixels], [...pixels(8)]);
  assert.equal([...search.pixels], [16, 17, 18, 19]);
  assert.equal([...search.labels!], [2, 0]);
  assert.equal([...held.pixels], [...pixels(4, 100)]);
  assert.equal([train.channels, train.height, train.width], [2, 1, 1]);
});

test('the same arrays in npz, npy and IDX files, in any order, are the same data', async () => {
  const arrays = { x_train: x(10), y_train: y(10), x_test: x(4, 100), y_test: y(4) };
  const digestOf = async (files: Readonly<Record<string, Uint8Array>>) => {
    const { train, search, test: held } = await read(files);
    return datasetDigest(train, search, held);
  };
  const expected = await digestOf({ 'a.npz': npz(arrays) });
  const npys = Object.fromEntries(Object.entries(arrays).map(([name, file]) => [`d/${name}.npy`, file]));
  assert.is(await digestOf(npys), expected);
  assert.is(
    await digestOf({
      't10k-labels': idx([4], classes(4)),
      'train-images-idx2-ubyte': idx([10, 2], pixels(10)),
      't10k-images': idx([4, 2], pixels(4, 100)),
      'train-labels-idx1-ubyte': idx([10], classes(10)),
    }),
    expected,
  );
  const parts = { 'train.npz': npz({ x: x(10), y: y(10) }), 'test.npz': npz({ x: x(4, 100), y: y(4) }) };
  assert.is(await digestOf(parts), expected);
  assert.is.not(
    await digestOf({ 'a.npz': npz({ ...arrays, y_test: npyWhole([4], [0, 1, 2, 2]) }) }),
    expected,
  );
});

test('a single set is split in halves by the seed, and a note says so', async () => {
  const file = npz({ X: x(60), Y: y(60) });
  const { train, search, test: held, notes } = await read({ 'a.npz': file });
  assert.is(train, search);
  assert.equal([search.count, held.count], [30, 30]);
  assert.equal(notes, [
    'The data are a single set: 30 of its images are the search and training splits, the other 30 the test split.',
  ]);
  const again = await read({ 'a.npz': file }, '0');
  assert.is(datasetDigest(again.search), datasetDigest(search));
  const other = await read({ 'a.npz': file }, '1');
  assert.is.not(datasetDigest(other.search), datasetDigest(search));
  const one = npz({ X: x(1), Y: y(1) });
  await assertBadInput(
    () => read({ 'a.npz': one }),
    /^a\.npz: there is 1 image to split, at least 2 are needed/,
  );
});

test('a split seed without effect is refused', async () => {
  const file = npz({ x_train: x(10), y_train: y(10), x_test: x(4), y_test: y(4) });
  await assertBadInput(
    () => read({ 'a.npz': file }, '5'),
    /splitSeed has no effect on data with a training and a test/,
  );
});

test('every assumption is a note', async () => {
  const file = npz({ x: x(6), y: npyTexts(['c', 'a', 'b', 'c', 'a', 'b']), ids: y(6) });
  const { notes, search, test: held } = await read({ 'a.npz': file });
  assert.is(notes.length, 3);
  assert.match(notes[0]!, /alphabetical order: 0 "a", 1 "b", 2 "c"\.$/);
  assert.is(notes[1], 'Of the data, "ids" is not used.');
  assert.match(notes[2]!, /single set/);
  assert.equal(search.classNames, ['a', 'b', 'c']);
  assert.equal(held.classNames, ['a', 'b', 'c']);
  for (const note of notes) assert.match(note, /^[A-Z][^\n]*\.$/);
});

test('a note on both sets is there once', async () => {
  const cubes = stack([2, 2, 2], flat, full('out', 3));
  const images = (count: number) => npyBytes([count, 2, 2, 2], new Uint8Array(8 * count));
  const arrays = { x_train: images(5), y_train: y(5), x_test: images(3), y_test: y(3) };
  const { notes } = await readDataset([{ name: 'a.npz', bytes: npz(arrays) }], { network: cubes });
  assert.is(notes.length, 1);
  assert.match(notes[0]!, /channels first\.$/);
});

test('arrays that are not used are not decoded', async () => {
  const broken = npyBytes([6], [1, 2, 3]);
  const { notes } = await read({ 'a.npz': npz({ x: x(6), y: y(6), broken }) });
  assert.is(notes[0], 'Of the data, "broken" is not used.');
});

test('errors name the file, and the array where it has a name', async () => {
  for (const [files, pattern] of [
    [
      { 'a.npz': npz({ x: npyBytes([6, 3], pixels(9)), y: y(6) }) },
      /^a\.npz \(x\): the images are 3, the network takes 2$/,
    ],
    [{ 'a.npz': npz({ x: x(6), y: y(5) }) }, /^a\.npz \(y\): there are 5 labels for 6 images/],
    [
      { 'a.npz': npz({ x: x(6), y: npyWhole([6], [0, 1, 2, 3, 4, 0]) }) },
      /^a\.npz \(y\): label 4 at index 4 .* 5 classes/,
    ],
    [
      { 'a.npz': npz({ x: npyFloats([3, 2], [0, 0, 0, NaN, 0, 0]), y: y(3) }) },
      /^a\.npz \(x\): the images hold NaN at index 3/,
    ],
    [
      { 'a.npz': npz({ x: npyBytes([6, 2], [1]), y: y(6) }) },
      /^a\.npz \(x\): the npy file has 1 bytes of data/,
    ],
    [{ 'd/x.npy': x(6), 'd/y.npy': y(5) }, /^d\/y\.npy: there are 5 labels for 6 images/],
    [
      { 'd/x.npy': x(6), 'd/y.npy': Buffer.from('none') },
      /^d\/y\.npy: the npy file has 4 bytes and no whole header/,
    ],
    [{ 'd/x.npy': x(6) }, /^d\/x\.npy: the data hold \["x\.npy"\], which are no images with labels/],
    [
      { 'a.npz': npz({ a: x(6), b: y(6) }) },
      /^a\.npz: the data hold \["a", "b"\], which are no images with labels/,
    ],
    [{ 'a.npz': npz({}) }, /^a\.npz: the data hold no arrays/],
    [
      { 'a.npz': npz({ x_train: x(1), y_train: y(1), x_test: x(4), y_test: y(4) }) },
      /^a\.npz: there is 1 training image, at least 2/,
    ],
  ] as const)
    await assertBadInput(() => read(files), pattern);
});

test('300 damages to a data set are refused in words or harmless', async () => {
  const file = npz({ x_train: x(10), y_train: y(10), x_test: x(4, 100), y_test: y(4) });
  await read({ 'a.npz': file });
  const random = generator('data sets');
  let refused = 0;
  for (let round = 0; round < 300; round++) {
    const damaged = Uint8Array.from(file).subarray(
      0,
      round % 5 === 0 ? random.below(file.length) : file.length,
    );
    for (let flips = random.below(3); flips >= 0 && damaged.length > 0; flips--)
      damaged[random.below(damaged.length)]! ^= 1 << random.below(8);
    await read({ 'a.npz': damaged }).catch((error: unknown) => {
      if (!(error instanceof MasksearchError)) throw new Error(`round ${round}`, { cause: error });
      assert.is(error.code, 'bad-input');
      refused++;
    });
  }
  assert.ok(refused > 150, `${refused}`);
});

test.run();
