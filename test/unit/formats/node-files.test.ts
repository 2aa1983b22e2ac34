import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeFile,
  readFileChecked,
  readIdxDirectory,
  writeFileAtomic,
} from '../../../src/formats/node-files.ts';
import { decodeSafetensors } from '../../../src/formats/safetensors/tensors.ts';
import { assertBadInput } from '../../helpers/bad-input.ts';
import { idx } from './idx-file.ts';

/** `action` in a new folder, which is removed afterwards. */
async function inFolder(action: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'masksearch-'));
  try {
    await action(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

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
      const { train, search, test: held } = await readIdxDirectory(dir);
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
    await assertBadInput(() => readIdxDirectory(join(dir, 'no')), /^the data folder .*no does not exist$/);
    await writeAll(dir, usual());
    await rm(join(dir, 't10k-labels-idx1-ubyte'));
    await assertBadInput(
      () => readIdxDirectory(dir),
      /holds none of t10k-labels-idx1-ubyte, t10k-labels-idx1-ubyte\.gz, t10k-labels\.idx1-ubyte, t10k-labels\.idx1-ubyte\.gz$/,
    );
    await assertBadInput(() => readIdxDirectory(join(dir, 'train-images-idx3-ubyte')), /is not a folder$/);
  }));

test('a damaged file of the four is named', () =>
  inFolder(async (dir) => {
    await writeAll(dir, { ...usual(), 't10k-labels-idx1-ubyte': labels(4) });
    await assertBadInput(
      () => readIdxDirectory(dir),
      /t10k-labels-idx1-ubyte: there are 4 labels for 3 images/,
    );
    await writeAll(dir, { ...usual(), 'train-images-idx3-ubyte': images(10).subarray(1) });
    await assertBadInput(
      () => readIdxDirectory(dir),
      /train-images-idx3-ubyte: the image file starts with magic/,
    );
    await writeAll(dir, { ...usual(), 't10k-images-idx3-ubyte': idx([3, 1, 1], new Uint8Array(3)) });
    await assertBadInput(() => readIdxDirectory(dir), /test images have 1 x 1 pixels/);
  }));

test('an unreadable file is refused with its role and path', () =>
  inFolder(async (dir) => {
    await assertBadInput(
      () => readFileChecked(join(dir, 'm'), 'model'),
      /^the model file .*m does not exist$/,
    );
    await assertBadInput(() => readFileChecked(dir, 'model'), /^the model file .* is not a file$/);
    await assertBadInput(() => readFileChecked('a\0b', 'model'), /cannot be used \(ERR_INVALID_ARG_VALUE\)$/);
    await writeFile(join(dir, 'm'), 'short');
    await assertBadInput(
      () => decodeFile(join(dir, 'm'), 'model', decodeSafetensors),
      /m: the safetensors file has 5 bytes/,
    );
  }));

test('a file is written whole or not at all', () =>
  inFolder(async (dir) => {
    const path = join(dir, 'result.json');
    await writeFileAtomic(path, 'old');
    await writeFileAtomic(path, Uint8Array.of(0x6e, 0x65, 0x77));
    assert.is(await readFile(path, 'utf8'), 'new');
    assert.equal(await readdir(dir), ['result.json']);

    await mkdir(join(dir, 'folder'));
    await assertBadInput(() => writeFileAtomic(join(dir, 'folder'), 'x'), /folder is not a file$/);
    await assertBadInput(() => writeFileAtomic(join(dir, 'no', 'x'), 'x'), /^the output .*x does not exist$/);
    await assertBadInput(() => writeFileAtomic(join(path, 'x'), 'x'), /x is not a file$/);
    assert.equal((await readdir(dir)).sort(), ['folder', 'result.json']);
  }));

test.run();
