import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDataset } from '../../../../src/formats/datasets/read.ts';
import { readDataPath } from '../../../../src/formats/node/data-path.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { flat, full, stack } from '../../../helpers/data/networks.ts';
import { inFolder } from '../../../helpers/in-folder.ts';

const network = (classes: number) => stack([3, 32, 32], flat, full('out', classes));
const PIXELS = 3072;

/** Images whose pixels are their place, and whose last blue pixel is their label. */
function cifar(labels: readonly number[], coarse?: number): Uint8Array {
  return Buffer.concat(
    labels.map((label) => {
      const pixels = Uint8Array.from({ length: PIXELS }, (_, i) => i % 251);
      pixels[PIXELS - 1] = label;
      return Buffer.from([...(coarse === undefined ? [] : [coarse]), label, ...pixels]);
    }),
  );
}

const CIFAR10 = {
  // Read as IDX if their first bytes decided.
  'data_batch_1.bin': cifar([0, 9]),
  'data_batch_2.bin': cifar([3, 4]),
  'data_batch_3.bin': cifar([8]),
  'test_batch.bin': cifar([7, 1]),
};
const CIFAR100 = { 'train.bin': cifar([0, 99, 3, 4, 8], 19), 'test.bin': cifar([7, 51], 5) };

for (const [name, files, classes, test_] of [
  ['CIFAR-10', CIFAR10, 10, [7, 1]],
  ['CIFAR-100 with its fine labels', CIFAR100, 100, [7, 51]],
] as const) {
  test(`reads ${name} from memory, from its folder, from the folder around it and by one of its files`, () =>
    inFolder(async (dir) => {
      const inside = join(dir, classes === 10 ? 'cifar-10-batches-bin' : 'cifar-100-binary');
      await mkdir(inside);
      for (const [file, bytes] of Object.entries(files)) await writeFile(join(inside, file), bytes);
      await writeFile(join(inside, 'readme.html'), 'CIFAR');
      const given = Object.entries(files).map(([file, bytes]) => ({ name: file, bytes }));
      const options = { network: network(classes) };
      for (const read of [
        () => readDataset(given.reverse(), options),
        () => readDataPath(inside, options),
        () => readDataPath(dir, options),
        () => readDataPath(join(inside, Object.keys(files)[0]!), options),
      ]) {
        const { train, search, test: held, notes } = await read();
        assert.equal([train.count, search.count, held.count, notes], [4, 1, 2, []]);
        assert.equal([...train.labels!, ...search.labels!], [0, classes - 1, 3, 4, 8]);
        assert.equal([...held.labels!], test_);
        assert.equal([held.channels, held.height, held.width], [3, 32, 32]);
        assert.equal([held.pixels[PIXELS - 1], held.pixels[2 * PIXELS - 1]], test_);
        assert.equal([...held.pixels.subarray(0, 3)], [0, 1, 2]);
      }
    }));
}

test('a damaged file, and a network for other images, are refused', async () => {
  const read = (bytes: Uint8Array, name = 'd/test_batch.bin', input = [3, 32, 32]) =>
    readDataset([{ name, bytes }], { network: stack(input, flat, full('out', 10)) });
  const whole = cifar([1, 2]);
  await assertBadInput(
    () => read(whole.subarray(1)),
    /d\/test_batch\.bin: the file of CIFAR-10 has 6145 bytes, only a multiple of 3073/,
  );
  await assertBadInput(
    () => read(new Uint8Array(0), 'test.bin'),
    /CIFAR-100 has 0 bytes, only a multiple of 3074/,
  );
  await assertBadInput(
    () => read(whole, 'test_batch.bin', [1, 28, 28]),
    /images are 3 x 32 x 32, the network takes/,
  );
  await assertBadInput(() => read(cifar([1, 200])), /label 200 at index 1 is the largest/);
});

test.run();
