/** Networks in ONNX files against the same networks written by hand, in plain loops and float64. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelFromOnnx } from '../../../../src/formats/onnx/model.ts';
import * as layers from '../../../../src/network/builder.ts';
import type { Model } from '../../../../src/network/model.ts';
import { fullMasks } from '../../../helpers/data/models.ts';
import { naiveScores } from '../../../helpers/data/naive-network.ts';
import { generator } from '../../../helpers/data/numbers.ts';
import { OnnxGraph } from '../../../helpers/onnx/graph.ts';

const scoresOf = (model: Model, pixels: readonly number[]) =>
  naiveScores(model, pixels, fullMasks(model.network));

function assertSame(
  file: Uint8Array,
  network: Model['network'],
  tensors: Record<string, ArrayLike<number>>,
): void {
  const read = modelFromOnnx(file);
  assert.equal(read.network.input, network.input);
  const own: Model = {
    ...{ network, normalization: { mean: 0, std: 1 } },
    tensors: new Map(Object.entries(tensors).map(([name, values]) => [name, Float32Array.from(values)])),
  };
  const size = network.input.reduce((product, one) => product * one, 1);
  for (let image = 0; image < 20; image++) {
    const pixels = Array.from(generator(`pixels ${image}`).floats(size, 2));
    const [actual, expected] = [scoresOf(read, pixels), scoresOf(own, pixels)];
    assert.is(actual.length, expected.length);
    const largest = Math.max(...expected.map(Math.abs));
    assert.ok(largest > 1e-3);
    actual.forEach((score, i) =>
      assert.ok(Math.abs(score - expected[i]!) <= 1e-6 * largest, `${i}: ${score}, ${expected[i]}`),
    );
  }
}

const random = generator('scores');
/** [rows, columns] to [columns, rows]. */
const turned = (values: Float32Array, columns: number) => {
  const rows = values.length / columns;
  return Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
};

test('a matrix and a bias of their own, after an image with its channels last', () => {
  const [height, width, channels] = [3, 4, 2];
  const weights = random.floats(24 * 3, 1);
  const bias = random.floats(3, 1);
  const g = new OnnxGraph({ input: ['N', height, width, channels + 5] });
  // Seven channels in the file would be read as an image of three rows: here a convolution says what they are.
  const kernel = random.floats(2 * 7, 1);
  const x = g.node('Conv', [
    g.transpose(g.input, 0, 3, 1, 2),
    g.constant({ shape: [2, 7, 1, 1], values: kernel }),
  ]);
  const flat = g.node('Flatten', [g.transpose(x, 0, 2, 3, 1)]);
  const product = g.node('MatMul', [flat, g.constant({ shape: [24, 3], values: weights })]);
  const file = g.bytes(g.node('Add', [product, g.constant({ shape: [3], values: bias })]));

  // Feature (channel, row, column) of the network is (row, column, channel) in the file.
  const reordered = new Float32Array(72);
  for (let output = 0; output < 3; output++)
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++)
        for (let i = 0; i < width; i++)
          reordered[output * 24 + (c * height + y) * width + i] =
            weights[((y * width + i) * channels + c) * 3 + output]!;
  const network = layers.sequential(
    [7, height, width],
    layers.conv2d('conv', { outChannels: 2, kernel: 1, bias: false }),
    layers.flatten('flat'),
    layers.dense('out', { outputs: 3 }),
  );
  assertSame(file, network, { 'conv.weight': kernel, 'out.weight': reordered, 'out.bias': bias });
});

test('a residual block with normalisations and a strided shortcut', () => {
  const norm = () => [
    random.floats(4, 1),
    random.floats(4, 1),
    random.floats(4, 1),
    random.floats(4, 0.4).map((v) => v + 1),
  ];
  const [first, second] = [norm(), norm()];
  const kernels = [random.floats(4 * 3 * 9, 0.5), random.floats(4 * 4 * 9, 0.4)];
  const shortcut = random.floats(4 * 3, 1);
  const g = new OnnxGraph({ input: ['N', 3, 7, 6] });
  const constant = (shape: readonly number[], values: Float32Array) => g.constant({ shape, values });
  const batchNorm = (x: string, values: Float32Array[]) =>
    g.node('BatchNormalization', [x, ...values.map((one) => constant([4], one))], {
      epsilon: { float: 0.01 },
    });
  const pads = [1, 1, 1, 1];
  const a = g.node('Conv', [g.input, constant([4, 3, 3, 3], kernels[0]!)], { pads, strides: [2, 2] });
  const b = g.node('Conv', [g.relu(batchNorm(a, first)), constant([4, 4, 3, 3], kernels[1]!)], { pads });
  const picked = g.slice(g.input, { starts: [0, 0], ends: [100, 100], axes: [2, 3], steps: [2, 2] });
  const side = g.node('Conv', [picked, constant([4, 3, 1, 1], shortcut)]);
  const sum = g.relu(g.node('Add', [batchNorm(b, second), side]));
  const file = g.bytes(g.node('Flatten', [g.node('GlobalAveragePool', [sum])]));

  const builder = new layers.NetworkBuilder([3, 7, 6]);
  builder.add(layers.conv2d('a', { outChannels: 4, kernel: 3, stride: 2, padding: 1, bias: false }));
  builder.add(layers.batchNorm('n1', Math.fround(0.01)));
  builder.add(layers.activation('r1', 'relu'));
  builder.add(layers.conv2d('b', { outChannels: 4, kernel: 3, padding: 1, bias: false }));
  const main = builder.add(layers.batchNorm('n2', Math.fround(0.01)));
  const own = builder.add(layers.conv2d('s', { outChannels: 4, kernel: 1, stride: 2, bias: false }), 'input');
  builder.add(layers.add('sum'), main, own);
  builder.add(layers.activation('r2', 'relu'));
  builder.add(layers.globalPool('means', 'average'));
  const named = (name: string, [scale, shift, mean, variance]: Float32Array[]) => ({
    [`${name}.weight`]: scale!,
    [`${name}.bias`]: shift!,
    [`${name}.running_mean`]: mean!,
    [`${name}.running_var`]: variance!,
  });
  assertSame(file, builder.build(), {
    ...{ 'a.weight': kernels[0]!, 'b.weight': kernels[1]!, 's.weight': shortcut },
    ...named('n1', first),
    ...named('n2', second),
  });
});

test('a signal whose length is the first axis, with groups, and pooled with counted padding', () => {
  const kernel = random.floats(6 * 2 * 3, 1);
  const matrix = random.floats(6 * 5 * 4, 0.5);
  const g = new OnnxGraph({ input: ['N', 10, 4] });
  const w = g.constant({ shape: [6, 2, 3], values: kernel });
  const x = g.node('Conv', [g.transpose(g.input, 0, 2, 1), w], { pads: [1, 1], group: 2 });
  const pooled = g.node('AveragePool', [g.node('Tanh', [x])], {
    ...{ kernel_shape: [3], strides: [2], pads: [1, 0], count_include_pad: 1 },
  });
  const flat = g.node('Flatten', [pooled]);
  const file = g.bytes(g.node('Gemm', [flat, g.constant({ shape: [30, 4], values: matrix })]));
  const network = layers.sequential(
    [4, 1, 10],
    layers.conv2d('conv', { outChannels: 6, kernel: [1, 3], padding: [0, 1, 0, 1], groups: 2, bias: false }),
    layers.activation('tanh', 'tanh'),
    layers.pool2d('means', {
      ...{ operation: 'average', kernel: [1, 3], stride: [1, 2], padding: [0, 1, 0, 0], countPadding: true },
    }),
    layers.flatten('flat'),
    layers.dense('out', { outputs: 4, bias: false }),
  );
  assertSame(file, network, { 'conv.weight': kernel, 'out.weight': turned(matrix, 4) });
});

test('an input that is scaled and shifted, and branches that are joined', () => {
  const kernels = [random.floats(2 * 3, 1), random.floats(3 * 3 * 9, 1)];
  const g = new OnnxGraph({ input: ['N', 5, 5, 3] });
  const numbers = (...values: number[]) => g.constant({ shape: [3], values });
  const scaled = g.node('Div', [g.node('Sub', [g.input, numbers(0.5, 0.25, -1)]), numbers(2, 4, 0.5)]);
  const x = g.transpose(g.node('Mul', [scaled, g.scalar(3)]), 0, 3, 1, 2);
  const one = g.node('Conv', [x, g.constant({ shape: [2, 3, 1, 1], values: kernels[0]! })]);
  const three = g.node('Conv', [x, g.constant({ shape: [3, 3, 3, 3], values: kernels[1]! })], {
    auto_pad: 'SAME_UPPER',
  });
  const joined = g.node('Sigmoid', [g.node('Concat', [one, three], { axis: 1 })]);
  const file = g.bytes(g.node('Flatten', [g.node('GlobalMaxPool', [joined])]));
  const builder = new layers.NetworkBuilder([3, 5, 5]);
  const input = builder.add(layers.affine('in'));
  const a = builder.add(layers.conv2d('a', { outChannels: 2, kernel: 1, bias: false }), input);
  const b = builder.add(layers.conv2d('b', { outChannels: 3, kernel: 3, padding: 1, bias: false }), input);
  builder.add(layers.concat('both'), a, b);
  builder.add(layers.activation('sigmoid', 'sigmoid'));
  builder.add(layers.globalPool('most', 'max'));
  assertSame(file, builder.build(), {
    ...{ 'in.weight': [1.5, 0.75, 6], 'in.bias': [-0.75, -0.1875, 6] },
    ...{ 'a.weight': kernels[0]!, 'b.weight': kernels[1]! },
  });
});

test('a bias that one of two readers sees, the other behind a reshape', () => {
  const [weights, bias, out] = [random.floats(20, 1), random.floats(4, 2), random.floats(24, 1)];
  const g = new OnnxGraph({ input: ['N', 5] });
  const product = g.node('MatMul', [g.input, g.constant({ shape: [5, 4], values: weights })]);
  const biased = g.node('Add', [g.reshape(product, -1, 4), g.constant({ shape: [4], values: bias })]);
  const joined = g.node('Concat', [g.relu(biased), g.node('Tanh', [product])], { axis: 1 });
  const file = g.bytes(g.node('MatMul', [joined, g.constant({ shape: [8, 3], values: out })]));
  const builder = new layers.NetworkBuilder([5]);
  const first = builder.add(layers.dense('first', { outputs: 4, bias: false }));
  builder.add(layers.affine('shift'));
  const relu = builder.add(layers.activation('relu', 'relu'));
  const tanh = builder.add(layers.activation('tanh', 'tanh'), first);
  builder.add(layers.concat('both'), relu, tanh);
  builder.add(layers.dense('out', { outputs: 3, bias: false }));
  assertSame(file, builder.build(), {
    ...{ 'first.weight': turned(weights, 4), 'shift.weight': [1, 1, 1, 1], 'shift.bias': bias },
    'out.weight': turned(out, 3),
  });
});

test('sums with constants, and functions that are several activations one after the other', () => {
  const [weights, bias] = [random.floats(20, 1), random.floats(4, 1)];
  const g = new OnnxGraph({ input: ['N', 5] });
  const product = g.node('MatMul', [g.input, g.constant({ shape: [5, 4], values: weights })]);
  const sum = g.node('Sum', [g.scalar(0.5), product, g.constant({ shape: [4], values: bias }), g.scalar(2)]);
  const relu = g.relu(sum);
  const silu = g.node('Mul', [relu, g.node('Sigmoid', [relu])]);
  const twice = g.node('Mul', [silu, g.scalar(2)]);
  const gate = g.node('Div', [g.clip(g.node('Add', [twice, g.scalar(3)]), 0, 6), g.scalar(6)]);
  const file = g.bytes(g.node('Mul', [gate, twice]));
  const network = layers.sequential(
    [5],
    layers.dense('first', { outputs: 4 }),
    layers.activation('relu', 'relu'),
    layers.activation('silu', 'silu'),
    layers.affine('twice'),
    layers.activation('swish', 'hard-swish'),
  );
  assertSame(file, network, {
    'first.weight': turned(weights, 4),
    'first.bias': bias.map((value) => value + 2.5),
    ...{ 'twice.weight': [2, 2, 2, 2], 'twice.bias': [0, 0, 0, 0] },
  });
});

test.run();
