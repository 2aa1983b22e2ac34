/** Safetensors of others: floats of any type, buffers, prefixes, pruned halves; each is written as the file that came. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { encodeFloats, type FloatType } from '../../../../src/formats/arrays/encode-floats.ts';
import { parseHeader } from '../../../../src/formats/safetensors/header.ts';
import { modelFromSafetensors, modelToSafetensors } from '../../../../src/formats/safetensors/model.ts';
import { decodeArchitecture, encodeArchitecture } from '../../../../src/formats/architecture.ts';
import { SAFETENSORS_BYTES } from '../../../../src/formats/arrays/safetensors.ts';
import { masksFromSafetensors } from '../../../../src/formats/safetensors/masks.ts';
import { maskFromBytes, type Masks } from '../../../../src/core/mask.ts';
import { applyMasks } from '../../../../src/network/apply-masks.ts';
import { lenet5 } from '../../../../src/network/lenet5.ts';
import { conv2d, flatten, dense, sequential } from '../../../../src/network/builder.ts';
import type { Model } from '../../../../src/network/model.ts';
import { layersInFile, problemOf } from '../../../../src/network/problem.ts';
import { parameterShapes } from '../../../../src/network/parameter-shapes.ts';
import { checkPrunable, prunedFiles } from '../../../../src/pruning/files/pruned-files.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { randomModel } from '../../../helpers/data/models.ts';
import { safetensors, type RawTensor } from '../../../helpers/checkpoints/safetensors.ts';
import { generator } from '../../../helpers/data/numbers.ts';
import { network, NUMBERS, numbersOf } from '../../../helpers/torch/network.ts';

const DTYPES = { F16: 'float16', BF16: 'bfloat16', F32: 'float32', F64: 'float64' } as const satisfies Record<
  string,
  FloatType
>;
type Dtype = keyof typeof DTYPES;

const floats = (shape: readonly number[], numbers: Float32Array, dtype: Dtype = 'F32'): RawTensor => ({
  ...{ dtype, shape, data: encodeFloats(numbers, DTYPES[dtype]) },
});
const shapes = parameterShapes(network);
const members = (dtype: Dtype = 'F32', prefix = '') =>
  Object.fromEntries(
    [...shapes].map(([name, shape]) => [`${prefix}${name}`, floats(shape, NUMBERS.get(name)!, dtype)]),
  );
const counter: RawTensor = { dtype: 'I64', shape: [1], data: new Uint8Array(8).fill(3) };

const random = generator('checkpoints');
const randomMasks = (model: Model): Masks =>
  problemOf(model.network).layers.map(({ shape }) =>
    maskFromBytes(Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.below(2))),
  );

const architecture = network;
const read = (file: Uint8Array) => modelFromSafetensors(file, { architecture });
const { 'fc.weight': fc, ...others } = members();
const mask = Float32Array.from({ length: 135 }, (_, i) => Number(i % 3 > 0));
const FILES: Readonly<Record<string, Readonly<Record<string, RawTensor>>>> = {
  ...Object.fromEntries((Object.keys(DTYPES) as Dtype[]).map((dtype) => [dtype, members(dtype)])),
  'a prefix': members('F32', 'module.'),
  'a counter': { ...members(), step: counter },
  // At an odd address.
  'a byte before the weights': { flag: { dtype: 'BOOL', shape: [1], data: new Uint8Array(1) }, ...members() },
  'torch.nn.utils.prune': {
    ...others,
    'fc.weight_orig': fc!,
    'fc.weight_mask': floats([5, 27], mask, 'F16'),
  },
};

for (const [what, tensors] of Object.entries(FILES)) {
  test(`${what}: read, and written as the file that came`, () => {
    const file = safetensors(tensors, { note: 'é' });
    const model = read(file);
    const plain = new Map([...model.tensors].map(([name, values]) => [name.replace('module.', ''), values]));
    if (what !== 'torch.nn.utils.prune') assert.equal(plain, NUMBERS);
    checkPrunable(model);
    const masks = randomMasks(model);
    const files = prunedFiles(model, masks);
    const written = files['pruned.safetensors'] as Uint8Array;
    assert.equal(read(written).tensors, applyMasks(model, masks).tensors);
    assert.equal(headerOf(written), headerOf(file));
    assert.is(Buffer.compare(model.container!.write(model.tensors).main, file), 0);
    const readMasks = masksFromSafetensors(files['masks.safetensors'] as Uint8Array, layersInFile(model));
    assert.equal(readMasks, masks);
    assert.equal(
      layersInFile(model).map(({ weight }) => weight),
      ['conv.weight', 'fc.weight', 'out.weight'].map((name) =>
        what === 'a prefix' ? `module.${name}` : name,
      ),
    );
  });
}

const headerOf = (file: Uint8Array) =>
  Buffer.from(file.subarray(0, parseHeader(file, SAFETENSORS_BYTES).dataStart)).toString();

test('the metadata may hold the network and how images enter it; they are kept', () => {
  const metadata = { architecture: encodeArchitecture(network), mean: '0.5', std: '0.25', author: 'someone' };
  const file = safetensors(members('F16'), metadata);
  const model = modelFromSafetensors(file);
  assert.equal(model.normalization, { mean: 0.5, std: 0.25 });
  const written = prunedFiles(model, randomMasks(model))['pruned.safetensors'] as Uint8Array;
  const again = modelFromSafetensors(written);
  assert.equal([again.network, again.normalization], [network, { mean: 0.5, std: 0.25 }]);
  assert.is(parseHeader(written, SAFETENSORS_BYTES).metadata['author'], 'someone');
});

test('a SHA-256 that is not that of the weights is a warning, and right in what is written', () => {
  const own = modelToSafetensors(randomModel(network, 'stale'));
  assert.equal(
    [modelFromSafetensors(own).warnings, modelFromSafetensors(own).container],
    [undefined, undefined],
  );
  const trained = Uint8Array.from(own);
  // The lowest byte of a weight.
  trained[parseHeader(own).dataStart + 40]! ^= 1;
  const model = modelFromSafetensors(trained);
  assert.match(model.warnings!.join(), /not those that the SHA-256 in the metadata .* training that went on/);
  const written = model.container!.write(applyMasks(model, randomMasks(model)).tensors).main;
  const { metadata, dataStart } = parseHeader(written);
  assert.is(metadata['sha256'], bytesToHex(sha256(written.subarray(dataStart))));
  assert.is(modelFromSafetensors(written).warnings, undefined);
});

test('a file of our own has no container, and is written as one of our own', () => {
  const model = modelFromSafetensors(modelToSafetensors(randomModel(network, 'own')));
  const written = prunedFiles(model, randomMasks(model))['pruned.safetensors'] as Uint8Array;
  assert.equal(modelFromSafetensors(written).network, network);
});

const LENET = [...parameterShapes(lenet5())];
const lenetWith = (change: (tensors: Record<string, RawTensor>) => void, prefix = '') => {
  const tensors = Object.fromEntries(
    LENET.map(([name, shape]) => [
      `${prefix}${name}`,
      floats(
        shape,
        numbersOf(
          name,
          shape.reduce((a, b) => a * b),
        ),
      ),
    ]),
  );
  change(tensors);
  return safetensors(tensors);
};

test('a LeNet-5 may lack biases, and has prefixes', () => {
  const options = { pooling: 'average' } as const;
  const bare = modelFromSafetensors(
    lenetWith((tensors) => {
      delete tensors['conv1.bias'];
      delete tensors['conv2.bias'];
    }),
    options,
  );
  assert.equal(
    bare.network.nodes.flatMap((node) => ('weight' in node ? [node.bias] : [])),
    [undefined, undefined, 'fc1.bias', 'fc2.bias', 'out.bias'],
  );
  const wrapped = modelFromSafetensors(
    lenetWith(() => undefined, 'module.'),
    options,
  );
  assert.equal(
    [...wrapped.tensors.keys()],
    LENET.map(([name]) => `module.${name}`),
  );
});

test('weights of another network need one', async () => {
  await assertBadInput(
    () => modelFromSafetensors(safetensors(members())),
    /the file holds weights and no graph, and they are not those of a LeNet-5/,
  );
  await assertBadInput(
    () =>
      modelFromSafetensors(safetensors(members(), { architecture: encodeArchitecture(network) }), {
        architecture,
      }),
    /architecture has no effect on a safetensors file, which holds its network/,
  );
});

test('a network that is given is checked', async () => {
  const file = safetensors(members());
  const text = encodeArchitecture(network);
  assert.equal(modelFromSafetensors(file, { architecture: text }).network, network);
  const refused: readonly (readonly [string, RegExp])[] = [
    ['{', /the architecture in the file is not JSON/],
    [
      text.replace('"outputs":5', '"outputs":6'),
      /tensor "fc\.weight" is F32 \[5, 27\], only \[6, 27\] is allowed/,
    ],
    [text.replace('"fc.weight"', '"fc9.weight"'), /has no tensor "fc9\.weight"/],
    [
      text.replace('"relu","inputs":["conv"]', '"relu","inputs":["cony"]'),
      /reads "cony", which is no node before it/,
    ],
    [
      text.replace('{', '{"open":["What is the input?","And its mean?"],'),
      /leaves 2 questions open: What is the input$/,
    ],
    [text.replace('{', '{"open":[7],'), /architecture\.open\[0\] is 7/],
  ];
  for (const [json, pattern] of refused)
    await assertBadInput(() => modelFromSafetensors(file, { architecture: json }), pattern);
  assert.equal(decodeArchitecture(text.replace('{', '{"open":[],')), network);
});

test('the kernel of a signal may have one dimension', () => {
  const signal = sequential(
    [2, 1, 9],
    conv2d('conv', { outChannels: 3, kernel: [1, 4] }),
    flatten('flat'),
    dense('out', { outputs: 2 }),
  );
  const [weight, out] = [numbersOf('signal', 24), numbersOf('out', 36)];
  const file = safetensors({
    ...{ 'conv.weight': floats([3, 2, 4], weight), 'conv.bias': floats([3], numbersOf('b', 3)) },
    ...{ 'out.weight': floats([2, 18], out), 'out.bias': floats([2], numbersOf('c', 2)) },
  });
  const model = modelFromSafetensors(file, { architecture: signal });
  assert.equal(model.tensors.get('conv.weight'), weight);
  assert.equal(layersInFile(model)[0]!.stored!.shape, [3, 2, 4]);
  const masks = randomMasks(model);
  const masksFile = prunedFiles(model, masks)['masks.safetensors'] as Uint8Array;
  assert.equal(parseHeader(masksFile).entries.find(({ name }) => name === 'conv.weight')!.shape, [3, 2, 4]);
});

test('masks of other numbers than 0 and 1 are refused', () =>
  assertBadInput(
    () =>
      read(
        safetensors({
          ...others,
          'fc.weight_orig': fc!,
          'fc.weight_mask': floats([5, 27], numbersOf('m', 135)),
        }),
      ),
    /mask "fc\.weight_mask" holds .* at index 0, only 0 and 1 are allowed/,
  ));

test.run();
