/** Models, masks and data folders that cannot be used: one sentence with the path, and nothing written. */
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BUNDLED_MODEL } from '../../../src/node.ts';
import { assertRefused, assertRefusedHere, assertRunsHere, inFolder, run } from '../../helpers/cli.ts';
import { idx } from '../../helpers/data/idx.ts';
import {
  changedMasks,
  changedModel,
  idxFiles,
  rawSafetensors,
  readBundledModel,
  readTensors,
} from './files.ts';

const prune = 'prune --preset paper --iterations 1 --images 5 --device reference --out found';
const evaluate = 'evaluate --images 5 --device reference';
const train = 'train --epochs 1 --out found.safetensors';

/** Name, contents (undefined for a missing file), and a pattern of the error. */
type BadFiles = readonly (readonly [
  name: string,
  bytes: (() => Uint8Array | Promise<Uint8Array>) | undefined,
  pattern: RegExp,
])[];

/** Tests that commands that end with the name of the file refuse each of them. */
function refuseFiles(commands: readonly string[], files: BadFiles): void {
  for (const [name, bytes, pattern] of files) {
    test(`refuses ${name}`, () =>
      inFolder(async (cwd) => {
        if (bytes) await writeFile(join(cwd, 'bad.safetensors'), await bytes());
        for (const command of commands) {
          await assertRefusedHere(`${command} bad.safetensors`, pattern, { cwd });
        }
      }));
  }
}

type Tensors = Parameters<Parameters<typeof changedModel>[0]>[0];
type Raw = NonNullable<ReturnType<Tensors['get']>>;

/** A model, or masks, of which one tensor has other fields. */
const modelWith = (name: string, fields: Partial<Raw>) => () =>
  changedModel((tensors) => tensors.set(name, { ...tensors.get(name)!, ...fields }));
const masksWith = (name: string, fields: Partial<Raw>) => () =>
  changedMasks((tensors) => tensors.set(name, { ...tensors.get(name)!, ...fields }));

/** Masks of bytes of these shapes, besides those of all layers. */
const masksAnd = (name: string, count: number) =>
  masksWith(name, { dtype: 'U8', shape: [count], data: new Uint8Array(count) });

const startOf = (bytes: Uint8Array, share: number) => bytes.subarray(0, Math.floor(share * bytes.length));

const withByte = (bytes: Uint8Array, at: number, byte: number) => {
  const changed = Uint8Array.from(bytes);
  changed.set([byte], at < 0 ? bytes.length + at : at);
  return changed;
};

const headerLength = (length: bigint) => {
  const bytes = new Uint8Array(64);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
};

refuseFiles(
  [`${prune} --model`, `${evaluate} --model`],
  [
    ['a missing model', undefined, /model file bad\.safetensors does not exist/],
    ['an empty model', () => new Uint8Array(), /bad\.safetensors: .* 0 bytes/],
    ['a model that is text', () => Buffer.from('a model\n'.repeat(20)), /bad\.safetensors: /],
    ['a model of seven bytes', () => new Uint8Array(7), /bad\.safetensors: .* 7 bytes/],
    ['a truncated model', async () => startOf(await readBundledModel(), 0.9), /bad\.safetensors: .* bytes/],
    ['half a header', async () => (await readBundledModel()).subarray(0, 200), /bad\.safetensors: .* bytes/],
    ['a header of 2^60 bytes', () => headerLength(2n ** 60n), /bad\.safetensors: .*header/],
    ['a header of no bytes', () => headerLength(0n), /bad\.safetensors: .*header/],
    [
      'a damaged header',
      // The colon after __metadata__.
      async () => withByte(await readBundledModel(), 23, 0x7d),
      /bad\.safetensors: the safetensors header/,
    ],
    [
      'a model with one byte too many',
      async () => Buffer.concat([await readBundledModel(), Buffer.alloc(1)]),
      /bad\.safetensors: /,
    ],
    [
      'a tensor of a wrong shape',
      modelWith('out.weight', { shape: [84, 10] }),
      /bad\.safetensors: tensor "out\.weight" is F32 \[84, 10\], only \[10, 84\] is allowed/,
    ],
    [
      'a tensor of too many dimensions',
      modelWith('out.bias', { shape: [1, 10] }),
      /bad\.safetensors: tensor "out\.bias" is F32 \[1, 10\], only \[10\] is allowed/,
    ],
    [
      'a tensor of a wrong name',
      () =>
        changedModel((tensors) => {
          tensors.set('fc9.weight', tensors.get('fc1.weight')!);
          tensors.delete('fc1.weight');
        }),
      /bad\.safetensors: .*"fc1\.bias", only .*fc9\.weight/,
    ],
    [
      'a model that lacks a tensor',
      () => changedModel((tensors) => tensors.delete('conv2.weight')),
      /bad\.safetensors: .* no tensor "conv2\.weight"/,
    ],
    [
      '8 bits',
      modelWith('out.bias', { dtype: 'F8_E4M3', data: new Uint8Array(10) }),
      /bad\.safetensors: tensor "out\.bias" has dtype "F8_E4M3", only BOOL and U8 and /,
    ],
    [
      'masks for a model',
      () => changedMasks(() => {}),
      /the file holds weights and no graph, and they are not those of a LeNet-5; pass its graph as --architecture/,
    ],
    ...[NaN, Infinity, -Infinity].map((value): BadFiles[number] => [
      `a weight of ${value}`,
      modelWith('fc1.weight', { data: new Float32Array(48_000).fill(value, 7, 8) }),
      new RegExp(`"fc1\\.weight" holds ${value} at index 7, only finite numbers are allowed`),
    ]),
  ],
);

refuseFiles(
  [`${evaluate} --masks`],
  [
    ['missing masks', undefined, /masks? file bad\.safetensors does not exist/],
    ['empty masks', () => new Uint8Array(), /bad\.safetensors: .* 0 bytes/],
    [
      'truncated masks',
      async () => startOf(await changedMasks(() => undefined), 0.9),
      /bad\.safetensors: .* bytes/,
    ],
    [
      'a mask of a wrong shape',
      masksWith('out.weight', { shape: [84, 10] }),
      /bad\.safetensors: tensor "out\.weight" is U8 \[84, 10\], only \[10, 84\] is allowed/,
    ],
    ...[2, 255].map((value): BadFiles[number] => [
      `a mask with a ${value}`,
      masksWith('fc2.weight', { data: new Uint8Array(84 * 120).fill(value, 5, 6) }),
      new RegExp(
        `bad\\.safetensors: mask "fc2\\.weight" holds ${value} at index 5, only 0 and 1 are allowed`,
      ),
    ]),
    [
      'a mask for an unknown layer',
      masksAnd('fc3.weight', 1),
      /bad\.safetensors: .*"fc3\.weight", only conv1\.weight, /,
    ],
    ['a mask for biases', masksAnd('out.bias', 10), /bad\.safetensors: .*"out\.bias", only conv1\.weight, /],
    [
      'a file without masks',
      () => changedMasks((tensors) => tensors.clear()),
      /bad\.safetensors: .* no tensor "conv1\.weight"/,
    ],
    ['a model for masks', readBundledModel, /bad\.safetensors: .*conv1\./],
    [
      'weights for masks',
      () =>
        changedModel((tensors) =>
          [...tensors.keys()].filter((name) => name.endsWith('bias')).forEach((name) => tensors.delete(name)),
        ),
      /bad\.safetensors: mask "conv1\.weight" holds -?0\.\d+ at index 0, only 0 and 1 are allowed/,
    ],
  ],
);

test('refuses folders in place of files, and files in place of folders', () =>
  inFolder(async (cwd) => {
    await mkdir(join(cwd, 'folder'));
    await writeFile(join(cwd, 'file'), '');
    await assertRefusedHere(`${prune} --model folder`, /model file folder is not a file/, { cwd });
    await assertRefusedHere(`${evaluate} --masks folder`, /masks? file folder is not a file/, { cwd });
    await assertRefusedHere(
      `${prune} --data file`,
      /file: the file has 0 bytes that are neither IDX, npz, npy, safetensors, CSV nor an image/,
      { cwd },
    );
    await assertRefusedHere(`${prune} --model file/x`, /file\/x/, { cwd });
    const empty =
      /data folder folder holds neither IDX files, npz, npy, safetensors, CSV, files of CIFAR nor folders of images/;
    await assertRefusedHere(`${prune} --data folder`, empty, { cwd });
  }));

test('refuses empty file names', () =>
  inFolder(async (cwd) => {
    for (const command of [`${prune} --model`, `${prune} --data`, `${evaluate} --masks`]) {
      await assertRefusedHere([...command.split(' '), ''], /(empty|'')/, { cwd });
    }
  }));

test('refuses unreadable files', () =>
  inFolder(async (cwd) => {
    // Root may read every file but this.
    const path = process.getuid?.() === 0 ? '/proc/self/mem' : join(cwd, 'secret');
    if (path.startsWith(cwd)) {
      await writeFile(path, 'secret');
      await chmod(path, 0);
    }
    await assertRefusedHere([...prune.split(' '), '--model', path], /model file \S+ .*\(E[A-Z]+\)/, { cwd });
  }));

for (const [what, text, other, pattern] of [
  [
    'an activation',
    '\\"activation\\":\\"sigmoid\\"',
    '\\"activation\\":\\"sigmold\\"',
    /activation is "sigmold" but must be one of 'none', 'sigmoid'/,
  ],
  [
    'a kind of node',
    '\\"kind\\":\\"flatten\\"',
    '\\"kind\\":\\"flattem\\"',
    /kind is "flattem" but must be one of 'conv2d'/,
  ],
  [
    'a shape',
    '\\"outputs\\":84',
    '\\"outputs\\":85',
    /"fc2\.weight" is F32 \[84, 120\], only \[85, 120\] is allowed/,
  ],
] as const) {
  test(`refuses a network in a file with ${what} that it cannot have`, () =>
    inFolder(async (cwd) => {
      const model = Buffer.from(await readFile(BUNDLED_MODEL)).toString('latin1');
      assert.ok(model.includes(text));
      await writeFile(join(cwd, 'bad.safetensors'), Buffer.from(model.replace(text, other), 'latin1'));
      await assertRefusedHere(`${prune} --model bad.safetensors`, pattern, { cwd });
    }));
}

test('a checkpoint must say how it pools, in its metadata or as an option', () =>
  inFolder(async (cwd) => {
    const tensors = await readTensors(BUNDLED_MODEL);
    await writeFile(join(cwd, 'bare.safetensors'), rawSafetensors(tensors));
    const args = `${evaluate} --model bare.safetensors`;
    await assertRefusedHere(args, /the file does not say .*; pass --pooling max or average\./, { cwd });
    await assertRunsHere(`${args} --pooling average`, { cwd });
    await assertRefusedHere(
      `${evaluate} --pooling max`,
      /--pooling has no effect on a safetensors file, which holds its network/,
      { cwd },
    );
  }));

test('the error has the path of a damaged file as it was given', () =>
  inFolder(async (cwd) => {
    // Names of options in a path are not options.
    const folder = 'layout, data and model';
    await mkdir(join(cwd, folder));
    const path = join(folder, 'out.safetensors');
    await writeFile(join(cwd, path), 'none');
    const ended = await run([...prune.split(' '), '--model', path], { cwd });
    assertRefused(ended, /layout, data and model\/out\.safetensors: /);
  }));

// Data folders: changes to a good one.

type Change = (dir: string, files: Readonly<Record<string, Uint8Array>>) => Promise<void>;

const replace =
  (name: string, bytes: (file: Uint8Array) => Uint8Array): Change =>
  (dir, files) =>
    writeFile(join(dir, name), bytes(files[name]!));

const inPlaceOf =
  (name: string, other: string, bytes: (file: Uint8Array) => Uint8Array): Change =>
  async (dir, files) => {
    await rm(join(dir, name));
    await writeFile(join(dir, other), bytes(files[name]!));
  };

const TRAIN_IMAGES = 'train-images-idx3-ubyte';
const TRAIN_LABELS = 'train-labels-idx1-ubyte';
const TEST_IMAGES = 't10k-images-idx3-ubyte';
const TEST_LABELS = 't10k-labels-idx1-ubyte';
/** Packs a file in place of the plain one, and damages it. */
const repacked = (name: string, change: (file: Uint8Array) => Uint8Array) =>
  inPlaceOf(name, `${name}.gz`, (file) => change(gzipSync(file)));
const half = (file: Uint8Array) => startOf(file, 0.5);
const twice = (file: Uint8Array) => Buffer.concat([file, file]);
const square = (count: number, side: number) =>
  idx([count, side, side], new Uint8Array(count * side * side).fill(9));

for (const [name, change, pattern] of [
  [
    'no test labels',
    (dir) => rm(join(dir, TEST_LABELS)),
    /digits: the data hold t10k-images-idx3-ubyte but no test labels/,
  ],
  [
    'no training images',
    (dir) => rm(join(dir, TRAIN_IMAGES)),
    /digits: the data hold train-labels-idx1-ubyte but no train images/,
  ],
  [
    'a wrong magic number',
    replace(TRAIN_IMAGES, (file) => withByte(file, 2, 7)),
    /digits\/train-images-idx3-ubyte: .*0x00000703, only 0x00000801 and others/,
  ],
  [
    'labels for images',
    replace(TEST_IMAGES, () => idx([30], new Uint8Array(30))),
    /t10k-images-idx3-ubyte: the images are a single number, the network takes 1 x 28 x 28/,
  ],
  ['truncated images', replace(TEST_IMAGES, half), /t10k-images-idx3-ubyte: .* bytes/],
  ['truncated labels', replace(TRAIN_LABELS, half), /train-labels-idx1-ubyte: .* bytes/],
  ['too many bytes', replace(TRAIN_LABELS, twice), /train-labels-idx1-ubyte: .* bytes/],
  ['an empty file', replace(TRAIN_IMAGES, () => new Uint8Array()), /train-images-idx3-ubyte: .* 0 bytes/],
  [
    'fewer labels than images',
    replace(TRAIN_LABELS, () => idx([49], new Uint8Array(49))),
    /train-labels-idx1-ubyte: there are 49 labels for 50 images/,
  ],
  [
    'a label of 10',
    replace(TRAIN_LABELS, (file) => withByte(file, -1, 10)),
    /train-labels-idx1-ubyte: label 10 at index 49 .* the data have 11 classes, the network has 10/,
  ],
  [
    'truncated gzip data',
    repacked(TRAIN_IMAGES, (file) => startOf(file, 0.7)),
    /train-images-idx3-ubyte\.gz: .*gzip/,
  ],
  [
    'damaged gzip data',
    repacked(TEST_IMAGES, (file) => withByte(file, file.length >> 1, file[file.length >> 1]! ^ 0xff)),
    /t10k-images-idx3-ubyte\.gz: /,
  ],
  [
    'gzip data with a wrong checksum',
    repacked(TEST_LABELS, (file) => withByte(file, -6, file.at(-6)! ^ 0xff)),
    /t10k-labels-idx1-ubyte\.gz: .*gzip/,
  ],
  [
    'a file that is only called .gz',
    inPlaceOf(TEST_LABELS, `${TEST_LABELS}.gz`, () => Buffer.from('not gzip')),
    /t10k-labels-idx1-ubyte\.gz: /,
  ],
  [
    'no images',
    replace(TEST_IMAGES, () => idx([0, 28, 28], new Uint8Array())),
    /t10k-images-idx3-ubyte: there are 0 images/,
  ],
  [
    'billions of images',
    replace(TEST_IMAGES, () => idx([2 ** 31, 28, 28], new Uint8Array(5))),
    /t10k-images-idx3-ubyte: .* 2147483648 x 28 x 28 numbers/,
  ],
  [
    'two sizes of images',
    replace(TEST_IMAGES, () => square(30, 14)),
    /t10k-images-idx3-ubyte: the images are 14 x 14, the network takes 1 x 28 x 28/,
  ],
] satisfies [string, Change, RegExp][]) {
  test(`refuses a data folder with ${name}`, () =>
    inFolder(async (cwd) => {
      const dir = join(cwd, 'digits');
      await mkdir(dir);
      const files = await idxFiles({ training: 50, test: 30 });
      for (const [file, bytes] of Object.entries(files)) await writeFile(join(dir, file), bytes);
      await change(dir, files);
      for (const command of [prune, evaluate, train]) {
        await assertRefusedHere(`${command} --data digits`, pattern, { cwd });
      }
    }));
}

test('refuses a data folder with images of another size than the model takes', () =>
  inFolder(async (cwd) => {
    await writeFile(join(cwd, TRAIN_IMAGES), square(50, 32));
    await writeFile(join(cwd, TEST_IMAGES), square(30, 32));
    await writeFile(join(cwd, TRAIN_LABELS), idx([50], new Uint8Array(50)));
    await writeFile(join(cwd, TEST_LABELS), idx([30], new Uint8Array(30)));
    for (const command of [prune, evaluate, train]) {
      await assertRefusedHere(`${command} --data .`, /32 x 32\b.* 28 x 28\b/, { cwd });
    }
  }));

test('refuses a missing data folder', () =>
  inFolder((cwd) =>
    assertRefusedHere(`${prune} --data none`, /data file or folder none does not exist/, { cwd }),
  ));

test.run();
