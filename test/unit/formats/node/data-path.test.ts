import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDataPath } from '../../../../src/formats/node/data-path.ts';
import { encodeSafetensors } from '../../../../src/formats/safetensors/tensors.ts';
import type { LoadedData } from '../../../../src/formats/datasets/read.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { flat, full, stack } from '../../../helpers/data/networks.ts';
import { npyBytes, npz } from '../../../helpers/data/npy.ts';
import { inFolder } from '../../../helpers/in-folder.ts';
import { idx } from '../../../helpers/data/idx.ts';

const network = stack([1, 2, 1], flat, full('out', 10));
const read = (path: string) => readDataPath(path, { network });

const pixels = (count: number, first = 0) => Uint8Array.from({ length: 2 * count }, (_, i) => first + i);
const classes = (count: number) => Uint8Array.from({ length: count }, (_, i) => i % 10);
const images = (count: number, first = 0) => idx([count, 2, 1], pixels(count, first));
const labels = (count: number) => idx([count], classes(count));

async function writeAll(dir: string, files: Record<string, Uint8Array>): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), bytes);
  }
}

const usual = () => ({
  'train-images-idx3-ubyte': images(10),
  'train-labels-idx1-ubyte': labels(10),
  't10k-images-idx3-ubyte': images(3, 100),
  't10k-labels-idx1-ubyte': labels(3),
});
const arrays = () => ({
  x_train: npyBytes([10, 2, 1], pixels(10)),
  y_train: npyBytes([10], classes(10)),
  x_test: npyBytes([3, 2, 1], pixels(3, 100)),
  y_test: npyBytes([3], classes(3)),
});
const tensor = (shape: readonly number[], data: Uint8Array) => ({ dtype: 'U8', shape, data }) as const;
const safetensors = () =>
  encodeSafetensors(
    new Map([
      ['Xtrain', tensor([10, 2], pixels(10))],
      ['Ytrain', tensor([10, 1], classes(10))],
      ['Xtest', tensor([3, 2], pixels(3, 100))],
      ['Ytest', tensor([3], classes(3))],
    ]),
  );

const renamed = (files: Record<string, Uint8Array>, change: (name: string) => string) =>
  Object.fromEntries(Object.entries(files).map(([name, file]) => [change(name), file]));
const packed = (files: Record<string, Uint8Array>) =>
  Object.fromEntries(Object.entries(files).map(([name, file]) => [name, gzipSync(file)]));

function assertUsual({ train, search, test: held, notes }: LoadedData): void {
  assert.equal([...train.pixels], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  assert.equal([...train.labels!], [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal([...search.pixels], [16, 17, 18, 19]);
  assert.equal([...search.labels!], [8, 9]);
  assert.equal([...held.pixels], [100, 101, 102, 103, 104, 105]);
  assert.equal([held.count, held.channels, held.height, held.width], [3, 1, 2, 1]);
  assert.equal(notes, []);
}

const FOLDERS: [name: string, files: () => Record<string, Uint8Array>][] = [
  ['the four IDX files with their usual names', usual],
  ['gzipped IDX files', () => packed(renamed(usual(), (name) => `${name}.gz`))],
  ['IDX files with dots', () => renamed(usual(), (name) => name.replace('-idx', '.idx'))],
  ['gzipped IDX files without a suffix', () => packed(usual())],
  [
    'IDX files of EMNIST',
    () => packed(renamed(usual(), (name) => `emnist-letters-${name.replace('t10k', 'test')}.gz`)),
  ],
  [
    'IDX files with short names',
    () => renamed(usual(), (name) => name.replace(/-idx.*/, '').replace('t10k-', 'test_')),
  ],
  ['the folder of torchvision', () => renamed(usual(), (name) => `MNIST/raw/${name}`)],
  ['a folder raw', () => renamed(usual(), (name) => `raw/${name}`)],
  [
    'plain and gzipped files side by side, of which the plain ones are read',
    () => ({
      ...renamed(usual(), (name) => `${name}.gz`),
      ...usual(),
      'train-images-idx3-ubyte.gz': new Uint8Array(9),
    }),
  ],
  ['four npy files', () => renamed(arrays(), (name) => `${name}.npy`)],
  ['an npz file', () => ({ 'digits.npz': npz(arrays(), { deflate: true }) })],
  ['a safetensors file', () => ({ 'digits.safetensors': safetensors() })],
  [
    'two npz files',
    () => ({
      'mnist-train.npz': npz({ x: arrays().x_train, y: arrays().y_train }),
      'mnist-test.npz': npz({ x: arrays().x_test, y: arrays().y_test }),
    }),
  ],
  [
    'other files beside the data',
    () => ({
      ...usual(),
      'labels.txt': Buffer.from('zero one'),
      'x.csv': Buffer.from('1,2'),
      'model.safetensors': safetensors(),
    }),
  ],
];
for (const [name, files] of FOLDERS) {
  test(`reads ${name}`, () =>
    inFolder(async (dir) => {
      await writeAll(dir, files());
      assertUsual(await read(dir));
    }));
}

test('a file stands for those that belong to it', () =>
  inFolder(async (dir) => {
    await writeAll(dir, {
      'a.npz': npz(arrays()),
      'b.safetensors': safetensors(),
      ...renamed(usual(), (name) => `letters-${name}`),
      ...renamed(usual(), (name) => `digits-${name}`),
      // Not read, but refused if it were.
      'digits-train-labels-idx1-ubyte': labels(7),
      ...renamed(arrays(), (name) => `${name}.npy`),
      'nameless.bin': npz(arrays()),
    });
    for (const name of [
      'a.npz',
      'b.safetensors',
      'letters-t10k-labels-idx1-ubyte',
      'x_test.npy',
      'nameless.bin',
    ])
      assertUsual(await read(join(dir, name)));
    await assertBadInput(
      () => read(join(dir, 'digits-t10k-labels-idx1-ubyte')),
      /digits-train-labels-idx1-ubyte: there are 7 labels for 10 images/,
    );
  }));

test('a test set alone is split, and a note says so', () =>
  inFolder(async (dir) => {
    const { 't10k-images-idx3-ubyte': x, 't10k-labels-idx1-ubyte': y } = usual();
    await writeAll(dir, { 't10k-images-idx3-ubyte': x, 't10k-labels-idx1-ubyte': y });
    const { search, test: held, notes } = await read(dir);
    assert.equal([search.count, held.count, notes.length], [2, 1, 1]);
    assert.match(notes[0]!, /single set/);
  }));

test('images and labels in two npy files are a single set, by their folder or by one of them', () =>
  inFolder(async (dir) => {
    const { x_train: x, y_train: y } = arrays();
    await writeAll(dir, { 'images.npy': x, 'labels.npy': y });
    for (const path of [dir, join(dir, 'labels.npy')]) {
      const { search, test: held } = await read(path);
      assert.equal([search.count, held.count], [5, 5]);
    }
  }));

test('tables: a folder of a training and a test set, one of them alone, and tables of one array each', () =>
  inFolder(async (dir) => {
    const table = (count: number, first: number) =>
      Buffer.from(
        Array.from({ length: count }, (_, i) => [first + 2 * i, first + 2 * i + 1, i % 10].join()).join('\n'),
      );
    const column = (count: number) => Buffer.from(Array.from({ length: count }, (_, i) => i % 10).join('\n'));
    await writeAll(join(dir, 'both'), {
      'a_train.csv': Buffer.concat([Buffer.from('p,q,label\n'), table(10, 0)]),
      'a_test.csv': Buffer.concat([Buffer.from('p,q,label\n'), table(3, 100)]),
    });
    const both = await read(join(dir, 'both'));
    assert.equal([both.train.count, both.search.count, both.test.count], [8, 2, 3]);
    assert.equal([...both.test.pixels], [100, 101, 102, 103, 104, 105]);
    assert.equal(both.notes, []);
    const alone = await read(join(dir, 'both/a_train.csv'));
    assert.equal([alone.search.count, alone.test.count], [5, 5]);
    const images = Buffer.from('1,2\n3,4\n5,6');
    await writeAll(join(dir, 'apart'), {
      'x.csv': images,
      'y.csv': column(3),
      'notes.csv': Buffer.from('none'),
    });
    for (const path of [join(dir, 'apart/x.csv'), join(dir, 'apart/y.csv')])
      assert.is((await read(path)).search.count, 2);
    await writeAll(join(dir, 'two'), { 'a.csv': images, 'b.csv': images });
    await assertBadInput(() => read(join(dir, 'two')), /holds 2 files with arrays, a\.csv, b\.csv, only one/);
  }));

test('a path that is missing, or holds no data, is refused with its name', () =>
  inFolder(async (dir) => {
    await assertBadInput(() => read(join(dir, 'no')), /^the data file or folder \S+no does not exist$/);
    await assertBadInput(() => read(`${dir}\0`), /cannot be used \(ERR_INVALID_ARG_VALUE\)$/);
    await assertBadInput(
      () => read(dir),
      /^the data folder \S+ holds neither IDX files, npz, npy, safetensors, CSV, files of CIFAR nor folders of images$/,
    );
    await writeAll(dir, { 'readme.txt': Buffer.from('none'), 'raw/readme.txt': Buffer.from('none') });
    await assertBadInput(() => read(dir), /holds neither IDX/);
    await assertBadInput(
      () => read(join(dir, 'readme.txt')),
      /readme\.txt: the file has 4 bytes that are neither/,
    );
  }));

test('folders with several data sets are refused, and list them', () =>
  inFolder(async (dir) => {
    await writeAll(dir, { 'a.npz': npz(arrays()), 'b.npz': npz(arrays()) });
    await assertBadInput(() => read(dir), /holds 2 files with arrays, a\.npz, b\.npz, only one is allowed/);
    for (const name of ['letters', 'digits'])
      await writeAll(
        dir,
        renamed(usual(), (file) => `${name}-${file}`),
      );
    await assertBadInput(() => read(dir), /hold 2 data sets, \["digits", "letters"\], only one is allowed/);
    const roots = join(dir, 'roots');
    for (const name of ['KMNIST', 'MNIST'])
      await writeAll(
        roots,
        renamed(usual(), (file) => `${name}/raw/${file}`),
      );
    await assertBadInput(
      () => read(roots),
      /holds 2 data sets, \S+KMNIST\/raw, \S+MNIST\/raw, only one is allowed/,
    );
  }));

test('an incomplete set is refused', () =>
  inFolder(async (dir) => {
    await writeAll(dir, usual());
    await rm(join(dir, 't10k-labels-idx1-ubyte'));
    await assertBadInput(
      () => read(dir),
      /: the data hold "t10k-images-idx3-ubyte" but no test labels beside it$/,
    );
  }));

test('a damaged file is named', () =>
  inFolder(async (dir) => {
    await writeAll(dir, { ...usual(), 't10k-labels-idx1-ubyte': labels(4) });
    await assertBadInput(() => read(dir), /t10k-labels-idx1-ubyte: there are 4 labels for 3 images/);
    await writeAll(dir, { ...usual(), 'train-images-idx3-ubyte': images(10).subarray(1) });
    await assertBadInput(
      () => read(dir),
      /train-images-idx3-ubyte: the IDX file starts with the magic number/,
    );
    await writeAll(dir, { ...usual(), 'train-images-idx3-ubyte': new Uint8Array(0) });
    await assertBadInput(() => read(dir), /train-images-idx3-ubyte: the IDX file has 0 bytes/);
    await writeAll(dir, { ...usual(), 't10k-images-idx3-ubyte': idx([3, 1, 1], new Uint8Array(3)) });
    const sizes = /t10k-images-idx3-ubyte: the images are 1 x 1, the network takes 1 x 2 x 1/;
    await assertBadInput(() => read(dir), sizes);
    // A folder under the name of a file holds nothing.
    await rm(join(dir, 't10k-images-idx3-ubyte'));
    await mkdir(join(dir, 't10k-images-idx3-ubyte'));
    await assertBadInput(() => read(dir), /hold "t10k-labels-idx1-ubyte" but no test images/);
    await rename(join(dir, 't10k-labels-idx1-ubyte'), join(dir, 't10k-images-idx3-ubyte', 'labels'));
    assert.is((await read(dir)).notes.length, 1);
  }));

test.run();
