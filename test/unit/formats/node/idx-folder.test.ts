import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readIdxFolder } from '../../../../src/formats/node/idx-folder.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { inFolder } from '../../../helpers/in-folder.ts';
import { idx } from '../idx-file.ts';

function images(count: number, first = 0): Uint8Array {
  return idx(
    [count, 2, 1],
    Uint8Array.from({ length: 2 * count }, (_, i) => first + i),
  );
}

function labels(count: number): Uint8Array {
  return idx(
    [count],
    Uint8Array.from({ length: count }, (_, i) => i % 10),
  );
}

async function writeAll(dir: string, files: Record<string, Uint8Array>): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(dir, name), bytes);
}

const usual = () => ({
  'train-images-idx3-ubyte': images(10),
  'train-labels-idx1-ubyte': labels(10),
  't10k-images-idx3-ubyte': images(3, 100),
  't10k-labels-idx1-ubyte': labels(3),
});

for (const [form, rename, pack] of [
  ['with their usual names', (name: string) => name, (file: Uint8Array) => file],
  ['gzipped', (name: string) => `${name}.gz`, (file: Uint8Array) => gzipSync(file)],
  ['with dots', (name: string) => name.replace('-idx', '.idx'), (file: Uint8Array) => file],
  [
    'with dots, gzipped',
    (name: string) => `${name.replace('-idx', '.idx')}.gz`,
    (file: Uint8Array) => gzipSync(file),
  ],
] as const) {
  test(`four IDX files ${form} make three splits in file order`, () =>
    inFolder(async (dir) => {
      await writeAll(
        dir,
        Object.fromEntries(Object.entries(usual()).map(([name, file]) => [rename(name), pack(file)])),
      );
      const { train, search, test: held } = await readIdxFolder(dir);
      assert.equal([...train.pixels], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
      assert.equal([...train.labels], [0, 1, 2, 3, 4, 5, 6, 7]);
      assert.equal([...search.pixels], [16, 17, 18, 19]);
      assert.equal([...search.labels], [8, 9]);
      assert.equal([...held.pixels], [100, 101, 102, 103, 104, 105]);
      assert.equal([held.count, held.height, held.width], [3, 2, 1]);
    }));
}

test('a folder that is missing, no folder or incomplete is refused with its path', () =>
  inFolder(async (dir) => {
    await assertBadInput(() => readIdxFolder(join(dir, 'no')), /^the data folder .*no does not exist$/);
    await writeAll(dir, usual());
    await rm(join(dir, 't10k-labels-idx1-ubyte'));
    await assertBadInput(
      () => readIdxFolder(dir),
      /holds none of t10k-labels-idx1-ubyte, t10k-labels-idx1-ubyte\.gz, t10k-labels\.idx1-ubyte, t10k-labels\.idx1-ubyte\.gz$/,
    );
    await assertBadInput(() => readIdxFolder(join(dir, 'train-images-idx3-ubyte')), /is not a folder$/);
  }));

test('a damaged file of the four is named', () =>
  inFolder(async (dir) => {
    await writeAll(dir, { ...usual(), 't10k-labels-idx1-ubyte': labels(4) });
    await assertBadInput(() => readIdxFolder(dir), /t10k-labels-idx1-ubyte: there are 4 labels for 3 images/);
    await writeAll(dir, { ...usual(), 'train-images-idx3-ubyte': images(10).subarray(1) });
    const badMagic = /train-images-idx3-ubyte: the image file starts with magic/;
    await assertBadInput(() => readIdxFolder(dir), badMagic);
    await writeAll(dir, { ...usual(), 't10k-images-idx3-ubyte': idx([3, 1, 1], new Uint8Array(3)) });
    await assertBadInput(() => readIdxFolder(dir), /test images have 1 x 1 pixels/);
  }));

test.run();
