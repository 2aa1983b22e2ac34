import seedrandom from 'seedrandom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeSafetensors,
  encodeSafetensors,
  type Tensor,
} from '../../../../src/formats/safetensors/tensors.ts';
import { applyMasks } from '../../../../src/network/apply-masks.ts';
import {
  frontFromSafetensors,
  frontToSafetensors,
  masksFromSafetensors,
  masksToSafetensors,
} from '../../../../src/formats/safetensors/masks.ts';
import { modelFromSafetensors, modelToSafetensors } from '../../../../src/formats/safetensors/model.ts';
import type { ModelOptions } from '../../../../src/formats/model-options.ts';
import type { Model } from '../../../../src/network/model.ts';
import { MAX_NAME_LENGTH } from '../../../../src/network/network.ts';
import { lenet5 } from '../../../../src/network/lenet5.ts';
import { problemOf } from '../../../../src/network/problem.ts';
import { fuse } from '../../../../src/network/fuse.ts';
import {
  countKept,
  fullMask,
  isKept,
  maskFromBytes,
  maskToBytes,
  type Masks,
} from '../../../../src/core/mask.ts';
import { encodeFloats } from '../../../../src/formats/arrays/encode-floats.ts';
import {
  activation,
  add,
  batchNorm,
  conv2d,
  dense,
  globalPool,
  NetworkBuilder,
} from '../../../../src/network/builder.ts';
import { parameterShapes } from '../../../../src/network/parameter-shapes.ts';
import { modelOf, valuesOf } from '../../../helpers/data/networks.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { safetensors } from '../../../helpers/checkpoints/safetensors.ts';

const { layers } = problemOf(lenet5());
const random = seedrandom.alea('checkpoint');

function randomModel(): Model {
  const network = lenet5('tanh');
  const values = (length: number) => Float32Array.from({ length }, () => random() - 0.5);
  const parameters = fuse(network).map(({ weights, biases }) => ({
    weight: values(weights),
    bias: values(biases),
  }));
  return modelOf(network, { mean: 0.1307, std: 0.3081 }, parameters);
}

function randomMasks(): Masks {
  return layers.map(({ shape }) =>
    maskFromBytes(Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.int32() & 1)),
  );
}

/** The file of a model, changed before it is encoded again. */
function fileWith(
  change: (tensors: Map<string, Tensor>, metadata: Record<string, string>) => void,
): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(modelToSafetensors(randomModel()));
  change(tensors, metadata);
  return encodeSafetensors(tensors, metadata);
}

function bytesOf(data: Float32Array | Uint32Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

test('a model is read back as it was written', () => {
  const model = randomModel();
  const file = modelToSafetensors(model, { made: 'here', architecture: 'another' });
  const read = modelFromSafetensors(file);
  assert.equal(read.network, model.network);
  assert.equal(read.normalization, { mean: 0.1307, std: 0.3081 });
  assert.equal([...read.tensors.keys()].sort(), [...model.tensors.keys()].sort());
  for (const [name, values] of read.tensors) {
    assert.is(Buffer.compare(bytesOf(values), bytesOf(model.tensors.get(name)!)), 0, name);
  }
  assert.is(decodeSafetensors(file).metadata['made'], 'here');
});

test('names and shapes are those of PyTorch', () => {
  const shapes = [...decodeSafetensors(modelToSafetensors(randomModel())).tensors].map(
    ([name, { shape }]) => `${name} ${shape.join('x')}`,
  );
  assert.equal(shapes, [
    'conv1.bias 6',
    'conv1.weight 6x1x5x5',
    'conv2.bias 16',
    'conv2.weight 16x6x5x5',
    'fc1.bias 120',
    'fc1.weight 120x400',
    'fc2.bias 84',
    'fc2.weight 84x120',
    'out.bias 10',
    'out.weight 10x84',
  ]);
});

/** A checkpoint that holds no network, with this metadata. */
const checkpoint = (own: Record<string, string>) =>
  fileWith((_, metadata) => {
    for (const key of Object.keys(metadata)) delete metadata[key];
    Object.assign(metadata, own);
  });

test('activation and normalisation of a checkpoint: overrides, then metadata, then sigmoid, 0 and 1', () => {
  const plain = modelFromSafetensors(checkpoint({ pooling: 'average' }));
  assert.equal([plain.network, plain.normalization], [lenet5('sigmoid'), { mean: 0, std: 1 }]);
  const full = checkpoint({ activation: 'tanh', pooling: 'max', mean: '-5e-1', std: '0.3081' });
  const read = modelFromSafetensors(full);
  assert.equal([read.network, read.normalization], [lenet5('tanh', 'max'), { mean: -0.5, std: 0.3081 }]);
  const changed = modelFromSafetensors(full, { activation: 'relu', pooling: 'average', mean: 0 });
  assert.equal([changed.network, changed.normalization], [lenet5('relu'), { mean: 0, std: 0.3081 }]);
});

test('a checkpoint must say how it pools; that of an older version that says how it was trained pools by means', async () => {
  const silent = checkpoint({ activation: 'relu' });
  await assertBadInput(
    () => modelFromSafetensors(silent),
    /does not say whether this LeNet-5 pools by maxima or means/,
  );
  assert.equal(modelFromSafetensors(silent, { pooling: 'max' }).network, lenet5('relu', 'max'));
  assert.equal(modelFromSafetensors(checkpoint({ training: '--seed 1' })).network, lenet5());
});

test('what a file that holds its network cannot mean is refused', async () => {
  const file = modelToSafetensors(randomModel());
  for (const [options, pattern] of [
    [{ activation: 'tanh' }, /^activation has no effect on a safetensors file, which holds its network/],
    [{ pooling: 'average' }, /^pooling has no effect/],
  ] as const) {
    await assertBadInput(() => modelFromSafetensors(file, options), pattern);
  }
});

test('any network is read back as it was written', () => {
  const builder = new NetworkBuilder([2, 6, 5]);
  const first = builder.add(
    conv2d('first', { outChannels: 4, kernel: [3, 2], padding: [1, 0, 1, 1], bias: false }),
  );
  builder.add(batchNorm('norm'));
  const active = builder.add(activation('active', 'leaky-relu', 0.2));
  builder.add(
    conv2d('second', { outChannels: 4, kernel: 3, padding: 1, groups: 2, weight: 'shared.kernel' }),
  );
  builder.add(add('sum'), active, builder.last);
  builder.add(globalPool('pool', 'average'));
  builder.add(dense('out', { outputs: 3 }));
  const network = builder.build();
  assert.is(first, 'first');
  const tensors = new Map(
    [...parameterShapes(network)].map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b);
      return [name, Float32Array.from({ length: size }, () => random() + 0.5)] as const;
    }),
  );
  const read = modelFromSafetensors(
    modelToSafetensors({ network, normalization: { mean: 0, std: 1 }, tensors }),
  );
  assert.equal(read.network, network);
  assert.equal(new Map([...read.tensors].sort()), new Map([...tensors].sort()));
});

const f32 = (...shape: number[]): Tensor => ({
  dtype: 'F32',
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b)),
});
const u8 = (shape: readonly number[], value = 0): Tensor => ({
  dtype: 'U8',
  shape,
  data: new Uint8Array(shape.reduce((a, b) => a * b)).fill(value),
});
type Tensors = Map<string, Tensor>;

const damages: [string, Parameters<typeof fileWith>[0], RegExp][] = [
  ['a missing tensor', (t) => t.delete('fc2.bias'), /no tensor "fc2.bias", conv1.weight, .* are needed/],
  [
    'an unexpected tensor',
    (t) => t.set('fc3.weight', f32(1)),
    /has a tensor "fc3.weight", only conv1.weight, conv1.bias, .*out.bias are allowed/,
  ],
  [
    'a transposed weight',
    (t) => t.set('fc2.weight', f32(120, 84)),
    /"fc2.weight" is F32 \[120, 84\], only \[84, 120\] is allowed/,
  ],
  [
    'a flat weight',
    (t) => t.set('conv1.weight', f32(150)),
    /"conv1.weight" is F32 \[150\], only \[6, 1, 5, 5\]/,
  ],
  [
    'a weight of bytes',
    (t) => t.set('out.bias', u8([10])),
    /"out.bias" is U8, only floats of 16, 32 and 64 bits can be parameters/,
  ],
  [
    'an unknown activation',
    (_, m) => {
      delete m['architecture'];
      m['activation'] = 'swoosh';
    },
    /activation is "swoosh", only none, sigmoid, tanh, relu, .*softplus are allowed/,
  ],
  [
    'an unknown pooling',
    (_, m) => {
      delete m['architecture'];
      m['pooling'] = 'median';
    },
    /pooling is "median", only max and average are allowed/,
  ],
  ['a network that is not JSON', (_, m) => (m['architecture'] = '{'), /architecture in the file is not JSON/],
  [
    'a node of an unknown kind',
    (_, m) => (m['architecture'] = m['architecture']!.replace('flatten"', 'fold"')),
    /architecture\.nodes\[6\]\.kind is "fold" but must be one of 'conv2d', /,
  ],
  [
    'a network of which nodes do not fit',
    (_, m) => (m['architecture'] = m['architecture']!.replace('"outputs":84', '"outputs":85')),
    /"fc2.weight" is F32 \[84, 120\], only \[85, 120\]/,
  ],
  [
    'a mean of words',
    (_, m) => (m['mean'] = 'zero'),
    /mean of the input is "zero", -1000000 to 1000000 are allowed/,
  ],
  ['an empty mean', (_, m) => (m['mean'] = ''), /mean of the input is ""/],
  ['an infinite mean', (_, m) => (m['mean'] = '1e999'), /mean of the input is "1e999"/],
  ['a hexadecimal std', (_, m) => (m['std'] = '0x1'), /std of the input is "0x1"/],
  ['a std of 0', (_, m) => (m['std'] = '0'), /std of the input is "0", 0.000001 to 1000000 are allowed/],
];
for (const [name, change, pattern] of damages) {
  test(`a model with ${name} is refused`, () =>
    assertBadInput(() => modelFromSafetensors(fileWith(change)), pattern));
}

test('overrides are checked, under their own names', async () => {
  const file = modelToSafetensors(randomModel());
  const refused: [ModelOptions, RegExp][] = [
    [{ mean: Infinity }, /^mean is Infinity/],
    [{ std: -1 }, /^std is -1/],
    [{ std: NaN }, /^std is NaN/],
  ];
  for (const [options, pattern] of refused)
    await assertBadInput(() => modelFromSafetensors(file, options), pattern);
});

test('a model without all of its parameters is not written', async () => {
  const model = randomModel();
  const tensors = new Map(model.tensors);
  tensors.delete('fc2.bias');
  await assertBadInput(() => modelToSafetensors({ ...model, tensors }), /no parameter fc2\.bias/);
});

test('masks are read back as they were written, as one byte per weight', () => {
  const masks = randomMasks();
  const file = masksToSafetensors(masks, layers);
  const read = masksFromSafetensors(file, layers);
  read.forEach((mask, i) => {
    assert.is(mask.length, masks[i]!.length);
    assert.is(Buffer.compare(bytesOf(mask.words), bytesOf(masks[i]!.words)), 0);
  });
  const conv1 = decodeSafetensors(file).tensors.get('conv1.weight')!;
  assert.equal([conv1.dtype, conv1.shape], ['U8', [6, 1, 5, 5]]);
  const bits = Array.from({ length: 150 }, (_, i) => Number(isKept(masks[0]!, i)));
  assert.equal([...conv1.data], bits);
});

test('masks with other values, names, shapes or types are refused', async () => {
  const refused: [(tensors: Tensors) => unknown, RegExp][] = [
    [(t) => t.get('out.weight')!.data.fill(2, 7), /mask "out.weight" holds 2 at index 7, only 0 and 1/],
    [(t) => t.clear(), /no tensor "conv1.weight"/],
    [(t) => t.set('conv1.bias', u8([6])), /has a tensor "conv1.bias"/],
    [(t) => t.set('conv1.weight', u8([5, 5, 1, 6])), /is U8 \[5, 5, 1, 6\], only \[6, 1, 5, 5\]/],
    [
      (t) =>
        t.set('conv1.weight', {
          dtype: 'F32',
          shape: [6, 1, 5, 5],
          data: new Float32Array(150).fill(0.5, 9),
        }),
      /mask "conv1.weight" holds 0.5 at index 9, only 0 and 1/,
    ],
  ];
  for (const [change, pattern] of refused) {
    const { tensors } = decodeSafetensors(masksToSafetensors(randomMasks(), layers));
    change(tensors);
    await assertBadInput(() => masksFromSafetensors(encodeSafetensors(tensors), layers), pattern);
  }
  await assertBadInput(
    () => masksToSafetensors(randomMasks().slice(1), layers),
    /4 masks for 5 prunable layers/,
  );
});

test('masks of any element type are those of U8, and what has none is not masked', async () => {
  const masks = randomMasks();
  const asFile = (dtype: string, encode: (bytes: Uint8Array) => Uint8Array, prefix = '') =>
    safetensors(
      Object.fromEntries(
        layers.map(({ name, shape }, i) => [
          `${prefix}${name}.weight`,
          { dtype, shape, data: encode(maskToBytes(masks[i]!)) },
        ]),
      ),
    );
  const floats = { F16: 'float16', BF16: 'bfloat16', F32: 'float32', F64: 'float64' } as const;
  const files = [
    asFile('BOOL', (bytes) => bytes),
    asFile('U8', (bytes) => bytes, 'module.'),
    asFile('I64', (bytes) => new Uint8Array(BigInt64Array.from(bytes, BigInt).buffer)),
    ...Object.entries(floats).map(([dtype, type]) =>
      asFile(dtype, (bytes) => encodeFloats(Float32Array.from(bytes), type)),
    ),
  ];
  for (const file of files) assert.equal(masksFromSafetensors(file, layers), masks);
  await assertBadInput(
    () =>
      masksFromSafetensors(
        asFile('BOOL', (bytes) => bytes.with(4, 2)),
        layers,
      ),
    /mask "conv1.weight" holds 2 at index 4/,
  );

  const { tensors } = decodeSafetensors(masksToSafetensors(masks, layers));
  tensors.delete('conv2.weight');
  const partial = masksFromSafetensors(encodeSafetensors(tensors), layers);
  assert.equal(partial, masks.with(1, fullMask(2400)));
});

test('a pruned model is the weights times the masks', async () => {
  const model = randomModel();
  const masks = randomMasks();
  const pruned = applyMasks(model, masks);
  valuesOf(pruned).forEach(({ weight, bias }, i) => {
    const unpruned = valuesOf(model)[i]!;
    let zeros = 0;
    weight.forEach((value, at) => {
      const expected = isKept(masks[i]!, at) ? unpruned.weight[at] : 0;
      if (!Object.is(value, expected)) assert.unreachable(`layer ${i} weight ${at} is ${value}`);
      if (value === 0) zeros++;
    });
    assert.is(zeros, weight.length - countKept(masks[i]!));
    assert.is(bias, unpruned.bias);
  });
  assert.equal(pruned.network, model.network);
  await assertBadInput(() => applyMasks(model, masks.slice(1)), /4 masks for 5/);
});

test('several masks are read back in their order, each by its number', () => {
  // More than ten, so that an order by text would be another.
  const front = Array.from({ length: 12 }, randomMasks);
  const file = frontToSafetensors(front, layers);
  const names = [...decodeSafetensors(file).tensors.keys()];
  const expected = front.flatMap((_, i) => layers.map(({ name }) => `${i}.${name}.weight`)).sort();
  assert.equal([...names].sort(), expected);
  const read = frontFromSafetensors(file, layers, 12);
  assert.equal(read, front);
  // Each of them is what a file of its own holds.
  const { tensors } = decodeSafetensors(file);
  for (const [name, tensor] of decodeSafetensors(masksToSafetensors(front[11]!, layers)).tensors) {
    assert.equal(tensors.get(`11.${name}`), tensor);
  }
});

test('several masks with one missing, too many, damaged or of another kind are refused', async () => {
  const front = [randomMasks(), randomMasks()];
  const file = frontToSafetensors(front, layers);
  await assertBadInput(() => frontFromSafetensors(file, layers, 3), /no tensor "2.conv1.weight"/);
  const surplus = /has a tensor "1\.\w+.weight", only 0.conv1.weight, /;
  await assertBadInput(() => frontFromSafetensors(file, layers, 1), surplus);
  const refused: [(tensors: Tensors) => unknown, RegExp][] = [
    [(t) => t.set('1.out.weight', u8([10, 84], 2)), /mask "1.out.weight" holds 2 at index 0/],
    [(t) => t.set('1.out.weight', u8([84, 10], 1)), /"1.out.weight" is U8 \[84, 10\], only \[10, 84\]/],
    [(t) => t.delete('0.fc1.weight'), /no tensor "0.fc1.weight"/],
  ];
  for (const [change, pattern] of refused) {
    const tensors = new Map(decodeSafetensors(file).tensors);
    change(tensors);
    await assertBadInput(() => frontFromSafetensors(encodeSafetensors(tensors, {}), layers, 2), pattern);
  }
  await assertBadInput(
    () => frontFromSafetensors(masksToSafetensors(front[0]!, layers), layers, 1),
    /"conv1.weight"/,
  );
  await assertBadInput(() => frontFromSafetensors(file.subarray(0, 1000), layers, 2), /bytes/);
  await assertBadInput(
    () => frontToSafetensors([front[0]!, front[1]!.slice(1)], layers),
    /got 4 masks for 5/,
  );
});

test('a front of 40 points of hundreds of layers with long names comes back', () => {
  const many = Array.from({ length: 281 }, (_, i) => ({
    name: `model.backbone.encoder.stages.3.blocks.${i}.projection`,
    position: i,
    shape: [2, 3],
  }));
  const points = Array.from({ length: 40 }, (_, i) => many.map(() => maskFromBytes([1, 0, 1, i & 1, 1, 0])));
  const bytes = frontToSafetensors(points, many);
  assert.ok(bytes.length > 2 ** 20, `${bytes.length} bytes`);
  assert.equal(frontFromSafetensors(bytes, many, 40), points);
});

test('of many tensors a message names the first', async () => {
  const many = Array.from({ length: 40 }, (_, i) => ({ name: `layer${i}`, position: i, shape: [1] }));
  const file = masksToSafetensors(
    many.map(() => maskFromBytes([1])),
    many,
  );
  await assertBadInput(
    () => masksFromSafetensors(file, many.slice(1)),
    /only layer1\.weight, .*, layer12\.weight and 27 more are allowed$/,
  );
});

test('a front of weights with the longest name comes back', () => {
  const layer = { name: 'a', weight: 'w'.repeat(MAX_NAME_LENGTH), position: 0, shape: [2, 3] };
  const points = Array.from({ length: 11 }, (_, i) => [maskFromBytes([1, 0, 1, i & 1, 1, 0])]);
  assert.equal(frontFromSafetensors(frontToSafetensors(points, [layer]), [layer], 11), points);
});

test('numbers that the network cannot be evaluated with are refused when a file is read', async () => {
  const written = modelToSafetensors(randomModel());
  const { tensors, metadata } = decodeSafetensors(written);
  const huge = new Map(tensors).set('out.bias', {
    ...{ dtype: 'F32', shape: [10] },
    data: new Float32Array(10).fill(3e38),
  });
  await assertBadInput(
    () => modelFromSafetensors(encodeSafetensors(huge, metadata)),
    /^out.bias holds 3\S+ at index 0, magnitudes up to/,
  );
  await assertBadInput(() => modelFromSafetensors(written, { mean: [0, 1] }), /mean/);
});

test.run();
