/** A pruned PyTorch file is the file that came, with zeros in place, and its checksums right. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { crc32 } from 'node:zlib';
import { maskFromBytes, type Masks } from '../../../../src/core/mask.ts';
import { zipEntries } from '../../../../src/formats/arrays/zip.ts';
import { masksFromSafetensors } from '../../../../src/formats/safetensors/masks.ts';
import { modelFromTorch } from '../../../../src/formats/torch/model.ts';
import { applyMasks } from '../../../../src/network/apply-masks.ts';
import type { Model } from '../../../../src/network/model.ts';
import { layersInFile, problemOf } from '../../../../src/network/problem.ts';
import { checkPrunable, prunedFiles } from '../../../../src/pruning/files/pruned-files.ts';
import { generator } from '../../../helpers/data/numbers.ts';
import {
  dict,
  ordered,
  Storage,
  TestTensor,
  tensor,
  torchLegacy,
  torchZip,
  type TorchValue,
} from '../../../helpers/torch/file.ts';
import { network, NUMBERS, numbersOf, stateDict } from '../../../helpers/torch/network.ts';

const random = generator('torch writing');
const read = (bytes: Uint8Array, name = 'net.pth') =>
  modelFromTorch({ name, bytes }, { architecture: network });

const randomMasks = (model: Model): Masks =>
  problemOf(model.network).layers.map(({ shape }) =>
    maskFromBytes(Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.below(2))),
  );

const { 'fc.weight': fc, ...others } = stateDict();
const mask = Float32Array.from({ length: 135 }, (_, i) => Number(i % 3 > 0));
const common = new Storage([9, 9, ...NUMBERS.get('fc.weight')!, 9, ...NUMBERS.get('out.weight')!, 9]);
const ROOTS: Readonly<Record<string, TorchValue>> = {
  float32: ordered(stateDict()),
  float16: ordered(stateDict('float16')),
  bfloat16: ordered(stateDict('bfloat16')),
  float64: ordered(stateDict('float64')),
  'a prefix': ordered(stateDict('float32', 'module.')),
  nested: dict({
    epoch: 2,
    state_dict: ordered({ ...stateDict(), 'bn.num_batches_tracked': tensor([], [5], 'int64') }),
  }),
  'torch.nn.utils.prune': ordered({
    ...others,
    'fc.weight_orig': fc!,
    'fc.weight_mask': tensor([5, 27], mask),
  }),
  'a common storage': ordered({
    ...stateDict(),
    'fc.weight': new TestTensor(common, [5, 27], { offset: 2 }),
    'out.weight': new TestTensor(common, [4, 5], { offset: 138 }),
  }),
  strides: ordered({
    ...stateDict(),
    'fc.weight': new TestTensor(new Storage(numbersOf('t', 135)), [5, 27], { strides: [1, 5] }),
  }),
};

const FORMATS: Readonly<Record<string, (root: TorchValue) => Uint8Array>> = {
  zip: torchZip,
  'zip of another program': (root) => torchZip(root, { descriptors: false }),
  'big-endian zip': (root) => torchZip(root, { bigEndian: true }),
  legacy: torchLegacy,
  'big-endian legacy': (root) => torchLegacy(root, { bigEndian: true }),
};

for (const [format, write] of Object.entries(FORMATS)) {
  for (const [what, root] of Object.entries(ROOTS)) {
    test(`${format}, ${what}: zeros are written in place`, () => {
      const file = write(root);
      const model = read(file);
      checkPrunable(model);
      const masks = randomMasks(model);
      const files = prunedFiles(model, masks);
      const written = files['pruned.pth'] as Uint8Array;
      assert.is(written.length, file.length);
      assert.equal(read(written).tensors, applyMasks(model, masks).tensors);
      assertChecksums(written);
      const names = [...model.tensors.keys()];
      const read2 = masksFromSafetensors(files['masks.safetensors'] as Uint8Array, layersInFile(model));
      assert.equal(read2, masks);
      assert.ok(names.some((name) => name.endsWith('fc.weight')));
      // With nothing pruned it is the same file.
      assert.is(Buffer.compare(model.container!.write(model.tensors).main, file), 0);
      assertNothingElse(file, written, model, masks);
    });
  }
}

/** The checksums in the directory and beside the data are those of the data. */
function assertChecksums(file: Uint8Array): void {
  if (file[0] !== 0x50) return;
  const buffer = Buffer.from(file);
  for (const { name, crc, compressed, begin, bytes, local } of zipEntries(file)) {
    assert.is(crc32(compressed), crc, name);
    const isBehind = (buffer.readUInt16LE(local + 6) & 8) !== 0;
    assert.is(
      isBehind ? buffer.readUInt32LE(begin + bytes + 4) : buffer.readUInt32LE(local + 14),
      crc,
      `${name} beside the data`,
    );
  }
}

/** Bytes that differ are those of pruned numbers or checksums. */
function assertNothingElse(file: Uint8Array, written: Uint8Array, model: Model, masks: Masks): void {
  let pruned = 0;
  const { tensors } = applyMasks(model, masks);
  for (const [name, values] of model.tensors)
    values.forEach((value, i) => (pruned += Number(value !== tensors.get(name)![i])));
  let changed = 0;
  for (let i = 0; i < file.length; i++) changed += Number(file[i] !== written[i]);
  // A number has eight bytes at the most; a checksum has four in two or three places.
  const checksums = file[0] === 0x50 ? 4 * 3 * 9 : 0;
  assert.ok(changed > 0 && changed <= 8 * pruned + checksums, `${changed} bytes for ${pruned} numbers`);
}

test('pruning goes into the mask of torch.nn.utils.prune, other changes into the weights', () => {
  const file = torchZip(ROOTS['torch.nn.utils.prune']!);
  const model = read(file);
  const before = model.tensors.get('fc.weight')!;
  // The second was kept, the first and the fourth were pruned.
  const after = Float32Array.from(before);
  after[1] = 0;
  after[2] = 0.75;
  after[3] = 0.5;
  const { main } = model.container!.write(new Map(model.tensors).set('fc.weight', after));
  assert.equal(read(main).tensors.get('fc.weight'), after);
  const halves = (name: string) =>
    modelFromTorch(
      { name: 'a.pt', bytes: torchZipHalf(main, name) },
      { architecture: JSON.stringify(network) },
    ).tensors.get('fc.weight')!;
  const [weights, kept] = ['orig', 'mask'].map(halves) as [Float32Array, Float32Array];
  const stored = NUMBERS.get('fc.weight')!;
  assert.equal([...weights.subarray(0, 5)], [stored[0], stored[1], 0.75, 0.5, stored[4]]);
  assert.equal([...kept.subarray(0, 5)], [0, 0, 1, 1, 1]);
});

/** The file with the name of one half of a pair in place of the weight's. */
function torchZipHalf(file: Uint8Array, half: string): Uint8Array {
  const entries = zipEntries(file);
  const numbersAt = (name: string) => {
    const entry = entries.find((one) => one.name === name)!;
    return new Float32Array(Uint8Array.from(entry.compressed).buffer);
  };
  // Storages have numbers in the order in which the pickle names them.
  const names = [...Object.keys(others), 'orig', 'mask'];
  const numbers = numbersAt(`archive/data/${names.indexOf(half)}`);
  return torchZip(ordered({ ...others, 'fc.weight': tensor([5, 27], numbers) }));
}

test('changed numbers are written in either byte order', () => {
  for (const write of [torchZip, torchLegacy]) {
    const model = read(write(ROOTS['float32']!, { bigEndian: true }));
    const bias = Float32Array.of(0.1, -3, 0.7, 1e-3);
    const { main } = model.container!.write(new Map(model.tensors).set('out.bias', bias));
    assert.equal(read(main).tensors.get('out.bias'), bias);
  }
});

test('a file keeps the end of its name', () => {
  for (const [name, extension] of [
    ['a.pt', 'pt'],
    ['model_best.PTH', 'pth'],
    ['resnet20.th', 'th'],
    ['pytorch_model.bin', 'bin'],
    ['checkpoint', 'pt'],
  ] as const)
    assert.is(read(torchZip(ROOTS['float32']!), name).container!.extension, extension);
});

test('numbers that are rounded to 16 bits are read as what was written', () => {
  for (const type of ['float16', 'bfloat16'] as const) {
    const model = read(torchZip(ordered(stateDict(type))));
    const bias = Float32Array.of(1.0001, 3, -0.3, 0.5);
    const { main } = model.container!.write(new Map(model.tensors).set('out.bias', bias));
    const [a, b, c, d] = read(main).tensors.get('out.bias')!;
    assert.equal([a, b, d], [1, 3, 0.5]);
    assert.ok(Math.abs(c! + 0.3) < 2 ** -9 && c !== Math.fround(-0.3));
  }
});

test.run();
