/** What `modelToOnnx` writes, read by another implementation of the format: `onnx-buf`. */
import { fromBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  TensorProto_DataType as DataType,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from 'onnx-buf';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { VERSION } from '../../../../../src/core/version.ts';
import { modelToOnnx } from '../../../../../src/formats/onnx/export/export.ts';
import {
  activation,
  add,
  affine,
  batchNorm,
  concat,
  conv2d,
  dense,
  flatten,
  globalPool,
  NetworkBuilder,
  pad,
  pool2d,
  sequential,
  type Step,
} from '../../../../../src/network/builder.ts';
import type { Model } from '../../../../../src/network/model.ts';
import type { Network } from '../../../../../src/network/network.ts';
import { parameterShapes } from '../../../../../src/network/parameter-shapes.ts';
import { assertBadInput } from '../../../../helpers/assert/bad-input.ts';
import { GRAPHS } from '../../../../helpers/data/graphs/index.ts';
import { randomModel } from '../../../../helpers/data/models.ts';
import { PUBLIC_NETWORKS } from '../../../../helpers/data/public-networks.ts';

const read = (model: Model): ModelProto => fromBinary(ModelProtoSchema, modelToOnnx(model));

/** Name, and sizes of the axes. */
function signature({ name, type }: ValueInfoProto): readonly [string, (string | number | undefined)[]] {
  if (type?.value.case !== 'tensorType') throw new Error(`${name} is no tensor`);
  const { elemType, shape } = type.value.value;
  assert.is(elemType, DataType.FLOAT);
  return [name, shape!.dim.map(({ value }) => (value.case === undefined ? undefined : sizeOf(value.value)))];
}

const sizeOf = (size: string | bigint) => (typeof size === 'string' ? size : Number(size));

/** An operator with its attributes. */
function described({ opType, attribute }: NodeProto): readonly [string, Record<string, unknown>] {
  const values = attribute.map(({ name, type, f, i, ints }) => {
    if (type === AttributeType.FLOAT) return [name, f] as const;
    if (type === AttributeType.INT) return [name, Number(i)] as const;
    if (type === AttributeType.INTS) return [name, ints.map(Number)] as const;
    throw new Error(`attribute ${name} has the type ${type}`);
  });
  return [opType, Object.fromEntries(values)];
}

/** The operators of a network of these nodes, and its numbers by name. */
function written(input: readonly number[], ...steps: readonly Step[]) {
  const { graph } = read(randomModel(sequential(input, ...steps), 'written'));
  return { operators: graph!.node.map(described), graph: graph! };
}

const integers = (bytes: Uint8Array) => Array.from(new BigInt64Array(bytes.slice().buffer), Number);
const floats = (bytes: Uint8Array) => new Float32Array(bytes.slice().buffer);

const NETWORKS: Readonly<Record<string, Network>> = {
  ...GRAPHS,
  ...Object.fromEntries(Object.entries(PUBLIC_NETWORKS).map(([name, { network }]) => [name, network])),
};

for (const [name, network] of Object.entries(NETWORKS)) {
  test(`${name}: parameters under their names, and every value is given once before it is read`, () => {
    const model = randomModel(network, name);
    const { graph } = read(model);
    const { initializer, node, input, output } = graph!;
    const tensors = new Map(initializer.map((tensor) => [tensor.name, tensor]));
    assert.is(tensors.size, initializer.length);
    for (const [parameter, shape] of parameterShapes(network)) {
      const tensor = tensors.get(parameter)!;
      assert.equal(tensor.dims.map(Number), shape, parameter);
      assert.is(tensor.dataType, DataType.FLOAT);
      assert.equal(floats(tensor.rawData), model.tensors.get(parameter), parameter);
    }
    assert.equal(input.map(signature), [['input', ['batch', ...network.input]]]);
    assert.equal(output.length, 1);
    assert.equal(output[0]!.name, 'output');
    const known = new Set([...tensors.keys(), 'input']);
    const unread = new Set(tensors.keys());
    for (const { input: operands, output: values } of node) {
      for (const operand of operands) {
        assert.ok(known.has(operand), operand);
        unread.delete(operand);
      }
      assert.is(values.length, 1);
      assert.not(known.has(values[0]!), values[0]);
      known.add(values[0]!);
    }
    assert.ok(known.has('output'));
    assert.equal([...unread], []);
    assert.is(new Set(node.map((one) => one.name)).size, node.length);
  });
}

test('the header: versions, producer, normalisation and task', () => {
  const network = sequential([2, 3, 3], flatten('flat'), dense('out', { outputs: 5 }));
  const normalization = { mean: [0.5, 0.25], std: 2, scale: 0.5 };
  const model = read({ ...randomModel(network, 'header'), normalization, task: 'binary' });
  assert.equal([model.irVersion, model.producerName, model.producerVersion], [8n, 'masksearch', VERSION]);
  assert.equal(
    model.opsetImport.map(({ domain, version }) => [domain, version]),
    [['', 17n]],
  );
  assert.equal(Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])), {
    'masksearch.mean': '0.5,0.25',
    'masksearch.std': '2',
    'masksearch.scale': '0.5',
    'masksearch.task': 'binary',
  });
  assert.equal(model.graph!.output.map(signature), [['output', ['batch', 5]]]);
  const features = sequential([4], dense('out', { outputs: 2 }));
  assert.equal(read(randomModel(features, 'features')).graph!.input.map(signature), [
    ['input', ['batch', 4]],
  ]);
});

test('each kind of node, with its attributes', () => {
  const { operators } = written(
    [4, 9, 8],
    conv2d('conv', {
      outChannels: 6,
      kernel: [3, 2],
      stride: [2, 1],
      padding: [1, 0, 2, 3],
      dilation: [1, 2],
      groups: 2,
    }),
    batchNorm('norm', 1e-3),
    affine('affine'),
    pool2d('max', { operation: 'max', kernel: [2, 3], stride: [1, 2], padding: [1, 0, 0, 2] }),
    pool2d('mean', { operation: 'average', kernel: 3, stride: 2, padding: 1, countPadding: true }),
    pad('pad', { padding: [1, 2, 3, 4], channels: [5, 6] }),
    globalPool('global', 'max'),
    dense('dense', { outputs: 3 }),
    flatten('flat'),
  );
  assert.equal(operators, [
    ['Conv', { kernel_shape: [3, 2], strides: [2, 1], dilations: [1, 2], pads: [1, 0, 2, 3], group: 2 }],
    ['BatchNormalization', { epsilon: Math.fround(1e-3) }],
    ['Unsqueeze', {}],
    ['Mul', {}],
    ['Unsqueeze', {}],
    ['Add', {}],
    ['MaxPool', { kernel_shape: [2, 3], strides: [1, 2], dilations: [1, 1], pads: [1, 0, 0, 2] }],
    ['AveragePool', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1 }],
    ['Pad', {}],
    ['GlobalMaxPool', {}],
    // A dense layer takes features.
    ['Flatten', {}],
    ['Gemm', { transB: 1 }],
    ['Flatten', {}],
  ]);
});

test('the numbers of a Pad: channels, rows, columns, first all before, then all after', () => {
  const { graph } = written(
    [4, 9, 8],
    pad('pad', { padding: [1, 2, 3, 4], channels: [5, 6] }),
    flatten('flat'),
  );
  const [pads] = graph.initializer;
  assert.equal([pads!.dataType, pads!.dims.map(Number)], [DataType.INT64, [8]]);
  assert.equal(integers(pads!.rawData), [0, 5, 1, 2, 0, 6, 3, 4]);
});

test('sums of two are Add and of more Sum; concatenation is along the channels', () => {
  const net = new NetworkBuilder([2, 4, 4]);
  const a = net.add(activation('a', 'relu'));
  const b = net.add(activation('b', 'tanh'));
  net.add(add('two'), a, b);
  net.add(add('three'), a, b, 'two');
  net.add(concat('joined'), a, 'three', b);
  net.add(globalPool('end', 'average'));
  const { node, output } = read(randomModel(net.build(), 'sums')).graph!;
  assert.equal(node.map(described).slice(2), [
    ['Add', {}],
    ['Sum', {}],
    ['Concat', { axis: 1 }],
    ['GlobalAveragePool', {}],
  ]);
  assert.equal(node[4]!.input, ['a', 'three', 'b']);
  assert.equal(output.map(signature), [['output', ['batch', 6, 1, 1]]]);
});

test('activations', () => {
  const operators = (kind: Parameters<typeof activation>[1], alpha?: number) => {
    const { graph } = written([6], activation('act', kind, alpha), dense('out', { outputs: 2 }));
    const numbers = new Map(
      graph.initializer.filter(({ dims }) => dims.length === 0).map((t) => [t.name, floats(t.rawData)[0]]),
    );
    return graph.node.slice(0, -1).map((node) => {
      const [name, attributes] = described(node);
      const constants = node.input.flatMap((input) => numbers.get(input) ?? []);
      return [name, ...constants, ...(node.attribute.length > 0 ? [attributes] : [])];
    });
  };
  const root = Math.fround(Math.SQRT2);
  assert.equal(operators('none'), [['Identity']]);
  assert.equal(operators('relu'), [['Relu']]);
  assert.equal(operators('relu6'), [['Clip', 0, 6]]);
  assert.equal(operators('sigmoid'), [['Sigmoid']]);
  assert.equal(operators('tanh'), [['Tanh']]);
  assert.equal(operators('softplus'), [['Softplus']]);
  assert.equal(operators('hard-swish'), [['HardSwish']]);
  assert.equal(operators('silu'), [['Sigmoid'], ['Mul']]);
  assert.equal(operators('gelu'), [['Div', root], ['Erf'], ['Add', 1], ['Mul'], ['Mul', 0.5]]);
  assert.equal(operators('leaky-relu', 0.25), [['LeakyRelu', { alpha: 0.25 }]]);
  assert.equal(operators('elu', 1.5), [['Elu', { alpha: 1.5 }]]);
  assert.equal(operators('hard-sigmoid', 0.125), [['HardSigmoid', { alpha: 0.125, beta: 0.5 }]]);
});

test('nodes that the output does not depend on are left out, with their parameters', () => {
  const net = new NetworkBuilder([2, 3, 3]);
  const kept = net.add(flatten('flat'));
  net.add(batchNorm('dead'));
  net.add(activation('dead too', 'relu6'));
  net.add(dense('out', { outputs: 3 }), kept);
  const { node, initializer } = read(randomModel(net.build(), 'dead')).graph!;
  assert.equal(
    node.map(({ name }) => name),
    ['flat', 'out'],
  );
  assert.equal(initializer.map(({ name }) => name).sort(), ['out.bias', 'out.weight']);
});

test('a network of 2 GiB is refused, which readers of the format would refuse', async () => {
  const network = sequential([2 ** 19], dense('huge', { outputs: 1024 }));
  const model = { network, normalization: { mean: 0, std: 1 }, tensors: new Map<string, Float32Array>() };
  await assertBadInput(
    () => modelToOnnx(model),
    /needs 2147487744 bytes, an ONNX file has at most 2147483647/,
  );
});

test('a value whose name is taken gets another one', () => {
  const net = new NetworkBuilder([2]);
  // The first value is called like a parameter, and would be called like another one.
  for (const step of [activation('a', 'relu'), { ...dense('b', { outputs: 2 }), weight: 'a', bias: 'a (2)' }])
    net.add(step);
  const { node, initializer } = read(randomModel(net.build(), 'names')).graph!;
  assert.equal(
    initializer.map(({ name }) => name),
    ['a', 'a (2)'],
  );
  assert.equal(
    node.map(({ name, output }) => [name, ...output]),
    [
      ['a', 'a (3)'],
      ['b', 'output'],
    ],
  );
  assert.equal(node[1]!.input, ['a (3)', 'a', 'a (2)']);
});

test('windows that stick out are more padding, which no mean counts', () => {
  const pooled = (options: Omit<Parameters<typeof pool2d>[1], 'kernel' | 'stride'>) => {
    const pool = pool2d('pool', { kernel: 3, stride: 2, ...options });
    return written([1, 6, 7], pool, flatten('flat')).operators.slice(0, -1);
  };
  const window = { kernel_shape: [3, 3], strides: [2, 2] };
  assert.equal(pooled({ operation: 'max', ceil: true }), [
    ['MaxPool', { ...window, dilations: [1, 1], pads: [0, 0, 1, 0] }],
  ]);
  assert.equal(pooled({ operation: 'average', ceil: true, padding: 1 }), [
    ['AveragePool', { ...window, pads: [1, 1, 2, 1], count_include_pad: 0 }],
  ]);
  assert.equal(pooled({ operation: 'average', ceil: true, padding: 1, countPadding: true }), [
    ['Pad', {}],
    ['AveragePool', { ...window, pads: [0, 0, 1, 0], count_include_pad: 0 }],
  ]);
});

test('means over kernels with holes need a later version', () => {
  const network = sequential(
    [1, 8, 8],
    pool2d('pool', { operation: 'average', kernel: 2, stride: 1, dilation: 2, padding: 1 }),
    flatten('flat'),
  );
  const { graph, opsetImport, irVersion } = read(randomModel(network, 'holes'));
  assert.equal([opsetImport[0]!.version, irVersion], [19n, 9n]);
  assert.equal(described(graph!.node[0]!), [
    'AveragePool',
    { kernel_shape: [2, 2], strides: [1, 1], dilations: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 0 },
  ]);
});

test('more padding than pooling may have, in kernels with holes', () => {
  const pooled = (operation: 'max' | 'average', countPadding = false) => {
    const options = { kernel: 2, stride: 3, dilation: 2, padding: 2 } as const;
    const pool = pool2d('pool', { operation, countPadding, ...options });
    return written([3, 8, 8], pool, flatten('flat'));
  };
  const window = { kernel_shape: [2, 2], strides: [3, 3], dilations: [2, 2] };
  const largest = pooled('max');
  assert.equal(largest.operators.slice(0, -1), [
    ['Pad', {}],
    ['MaxPool', { ...window, pads: [0, 0, 0, 0] }],
  ]);
  const lowest = largest.graph.initializer.find(({ dims }) => dims.length === 0);
  assert.equal(floats(lowest!.rawData), Float32Array.of(-Infinity));
  const conv = ['Conv', { ...window, pads: [2, 2, 2, 2], group: 3 }];
  assert.equal(pooled('average', true).operators.slice(0, -1), [conv]);
  const means = pooled('average');
  assert.equal(means.operators.slice(0, -1), [conv, ['Mul', {}]]);
  const factors = means.graph.initializer.find(({ name }) => name === 'pool.factors')!;
  assert.equal(factors.dims.map(Number), [1, 4, 4]);
  // Of two rows or columns the first window has one inside, so has the last.
  const lines = [2, 1, 1, 2];
  assert.equal(
    [...floats(factors.rawData)],
    lines.flatMap((a) => lines.map((b) => a * b)),
  );
});

test.run();
