/** `--data`: what it takes, what it says about it, and what it refuses. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import type { Comparison } from '../../../src/report/comparison/comparison.ts';
import * as assert from 'uvu/assert';
import { takeImages, type ByteImages } from '../../../src/data/dataset.ts';
import { loadMnist } from '../../../src/node.ts';
import { assertRefusedHere, assertRunsHere, inFolder, jsonOf } from '../../helpers/cli.ts';
import { bytesOf, npy, npyBytes, npyTexts, npyWhole, npz } from '../../helpers/data/npy.ts';
import { readResult, withDigits } from './files.ts';

const evaluate = 'evaluate --images 20 --device reference';
const prune = 'prune --preset paper --iterations 1 --images 5 --device reference --out found';
const train = 'train --epochs 1 --out found.safetensors';

const { search, test: held } = await loadMnist();
const DIGITS = { training: takeImages(search, 200), test: takeImages(held, 30) };

const images = ({ count, pixels }: ByteImages) => npyBytes([count, 28, 28], pixels);
const floats = ({ count, pixels }: ByteImages) =>
  npy({
    descr: '<f4',
    shape: [count, 28, 28, 1],
    data: bytesOf(Float32Array.from(pixels, (byte) => byte / 255)),
  });
const labels = ({ count, labels: classes }: ByteImages) => npyWhole([count], classes);

const splits = () =>
  npz(
    {
      x_train: images(DIGITS.training),
      y_train: labels(DIGITS.training),
      x_test: images(DIGITS.test),
      y_test: labels(DIGITS.test),
    },
    { deflate: true },
  );
const single = () => npz({ x: images(DIGITS.training), y: labels(DIGITS.training) });

interface Evaluated {
  readonly loss: number;
  readonly accuracy: number;
  readonly images: number;
}

test('an npz file gives what the same images in IDX files give, of bytes and of floats', () =>
  withDigits(async (cwd) => {
    await writeFile(join(cwd, 'digits.npz'), splits());
    const { training, test: few } = DIGITS;
    const asFloats = {
      x_train: floats(training),
      y_train: labels(training),
      x_test: floats(few),
      y_test: labels(few),
    };
    await writeFile(join(cwd, 'floats.npz'), npz(asFloats));
    const expected = await jsonOf<Evaluated>(`${evaluate} --json --data digits`, { cwd });
    assert.ok(expected.accuracy > 0.8 && expected.images === 20);
    assert.equal(await jsonOf<Evaluated>(`${evaluate} --json --data digits.npz`, { cwd }), expected);
    const { loss } = await jsonOf<Evaluated>(`${evaluate} --json --data floats.npz`, { cwd });
    assert.ok(Math.abs(loss - expected.loss) < 1e-5, `${loss} and ${expected.loss}`);
  }));

test('notes come on standard error, and are in result.json', () =>
  inFolder(async (cwd) => {
    await writeFile(join(cwd, 'digits.npz'), single());
    const note =
      'The data are a single set: 100 of its images are the search and training splits, the other 100 the test split.';
    const { stderr, stdout } = await assertRunsHere(`${evaluate} --json --data digits.npz`, { cwd });
    assert.is(stderr, `${note}\n`);
    assert.is((JSON.parse(stdout) as Evaluated).images, 20);
    const ended = await assertRunsHere(`${prune} --data digits.npz`, { cwd });
    assert.ok(
      ended.stderr.startsWith(`${note}\nSearching with 5 images of the search split on `),
      ended.stderr,
    );
    const { data } = await readResult(join(cwd, 'found'));
    assert.equal(data!.notes, [note]);
    const all = await jsonOf<Evaluated>('evaluate --device wasm --json --split all --data digits.npz', {
      cwd,
    });
    assert.is(all.images, 200);
  }));

test('result.json and compare.json say which images were used, and what was assumed', () =>
  withDigits(async (cwd) => {
    await writeFile(join(cwd, 'digits.npz'), single());
    const found = async (data: string) => {
      await assertRunsHere(`${prune} --data ${data}`, { cwd });
      return (await readResult(join(cwd, 'found'))).data!;
    };
    const folder = await found('digits');
    assert.match(folder.digest!, /^[0-9a-f]{64}$/);
    assert.is(folder.notes, undefined);
    assert.equal(await found('digits'), folder);
    const npz = await found('digits.npz');
    assert.is.not(npz.digest, folder.digest);
    const compare =
      'compare --preset tuned --repair none --baselines frozen --seeds 1 --images 5 --evaluations 10 --device wasm --threads 1';
    await assertRunsHere(`${compare} --data digits.npz --out compared`, { cwd });
    const text = await readFile(join(cwd, 'compared', 'compare.json'), 'utf8');
    assert.equal((JSON.parse(text) as Comparison).splits[0].data, npz);
  }));

test('a split seed decides the halves of a single set, and is refused for data that are split', () =>
  inFolder(async (cwd) => {
    await writeFile(join(cwd, 'single.npz'), single());
    await writeFile(join(cwd, 'splits.npz'), splits());
    const lossOf = async (seed: string) =>
      (await jsonOf<Evaluated>(`${evaluate} --json --data single.npz --split-seed ${seed}`, { cwd })).loss;
    assert.is(await lossOf('5'), await lossOf('5'));
    assert.is.not(await lossOf('5'), await lossOf('6'));
    const pattern = /--split-seed has no effect on --data with a training and a test set/;
    for (const command of [prune, evaluate, train])
      await assertRefusedHere(`${command} --split-seed 5 --data splits.npz`, pattern, { cwd });
  }));

const few = takeImages(DIGITS.test, 10);
const REFUSED: [name: string, file: () => Uint8Array, pattern: RegExp][] = [
  [
    'a truncated npz',
    () => splits().subarray(0, 20_000),
    /bad\.npz: the zip file of 20000 bytes has no directory/,
  ],
  ['text', () => Buffer.from('label,pixel\n1,2\n'), /bad\.npz: the zip file of 16 bytes has no directory/],
  [
    'other arrays',
    () => npz({ a: images(few), b: labels(few) }),
    /bad\.npz: the data hold \["?a"?, "?b"?\], which are no/,
  ],
  [
    'images of another size',
    () => npz({ x: npyBytes([3, 32, 32, 3], new Uint8Array(9216)), y: npyWhole([3], [0, 1, 2]) }),
    /bad\.npz \(x\): the images are 32 x 32 x 3, the network takes 1 x 28 x 28/,
  ],
  [
    'more classes',
    () => npz({ x: images(few), y: npyWhole([10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 25]) }),
    /bad\.npz \(y\): label 25 at index 9 .* the data have 26 classes, the network has 10/,
  ],
  [
    'labels that are no classes',
    () =>
      npz({
        x: images(few),
        y: npy({ descr: '<f8', shape: [10], data: bytesOf(new Float64Array(10).fill(0.5)) }),
      }),
    /bad\.npz \(y\): label 0\.5 at index 0 is no class/,
  ],
  [
    'names of other classes',
    () =>
      npz({ x: images(few), y: npyTexts(Array.from(few.labels, (label) => (label % 2 ? 'odd' : 'even'))) }),
    /bad\.npz \(y\): the labels are text with 2 different values, .* the network has 10 classes/,
  ],
  [
    'a pixel that is no number',
    () => {
      const pixels = new Float32Array(10 * 784);
      pixels[800] = NaN;
      return npz({ x: npy({ descr: '<f4', shape: [10, 784], data: bytesOf(pixels) }), y: labels(few) });
    },
    /bad\.npz \(x\): the images hold NaN at index 800, in image 1/,
  ],
  [
    'pickled objects',
    () => npz({ x: npy({ descr: '|O', shape: [10], data: Buffer.from('x') }), y: labels(few) }),
    /bad\.npz \(x\): the npy file holds pickled Python objects/,
  ],
];
for (const [name, file, pattern] of REFUSED) {
  test(`refuses ${name}`, () =>
    inFolder(async (cwd) => {
      await writeFile(join(cwd, 'bad.npz'), file());
      for (const command of [prune, evaluate, train]) {
        await assertRefusedHere(`${command} --data bad.npz`, pattern, { cwd });
      }
    }));
}

test.run();
