/** Networks in TFLite files against an interpreter of their operators in float64, from the tables of the file. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeFloats } from '../../../../src/formats/arrays/encode-floats.ts';
import { modelFromTflite } from '../../../../src/formats/tflite/model.ts';
import { assertTwin } from '../../../helpers/tflite/assert-twin.ts';
import {
  CODES,
  f32,
  i32,
  i8,
  tflite,
  type OperatorToWrite,
  type TensorToWrite,
} from '../../../helpers/tflite/writer.ts';
import { generator } from '../../../helpers/data/numbers.ts';

const random = generator('tflite');
const SAME = i8(0);
const VALID = i8(1);
const [NONE, RELU, RELU6, TANH] = [0, 1, 3, 4].map(i8) as [ReturnType<typeof i8>, ...ReturnType<typeof i8>[]];

/** Tensors and operators one after the other. */
class Chain {
  readonly tensors: TensorToWrite[] = [];
  readonly operators: OperatorToWrite[] = [];
  last = 0;

  constructor(...shape: number[]) {
    this.tensors.push({ name: 'input', shape });
  }

  weights(shape: readonly number[], scale = 1): number {
    const data = random.floats(
      shape.reduce((product, size) => product * size, 1),
      scale,
    );
    return this.tensor({ name: `weights ${this.tensors.length}`, shape, data });
  }

  whole(...values: number[]): number {
    return this.tensor({
      name: 'list',
      shape: [values.length],
      type: 'int32',
      data: Int32Array.from(values),
    });
  }

  tensor(tensor: TensorToWrite): number {
    return this.tensors.push(tensor) - 1;
  }

  add(
    name: keyof typeof CODES,
    shape: readonly number[],
    others: readonly number[] = [],
    options: OperatorToWrite['options'] = [],
    from: number = this.last,
  ): number {
    const output = this.tensor({ name: `a/${name};a/${this.tensors.length}`, shape });
    this.operators.push({ code: CODES[name], inputs: [from, ...others], outputs: [output], options });
    this.last = output;
    return output;
  }

  bytes(): Uint8Array {
    return tflite({ tensors: this.tensors, operators: this.operators, outputs: [this.last] });
  }
}

/** A dense layer at the end, which the order of elements before it decides. */
function withHead(net: Chain, features: number): Uint8Array {
  net.add('RESHAPE', [1, features], [net.whole(1, features)]);
  net.add('FULLY_CONNECTED', [1, 3], [net.weights([3, features]), net.weights([3])], [NONE]);
  net.add('SOFTMAX', [1, 3], [], [f32(1)]);
  return net.bytes();
}

for (const [height, width, strideY, strideX, tall, wide, padding, dilation] of [
  [7, 6, 2, 2, 3, 3, SAME, 1],
  [8, 8, 2, 2, 3, 3, SAME, 1],
  [8, 7, 2, 1, 2, 4, SAME, 1],
  [9, 5, 3, 2, 10, 4, SAME, 1],
  [7, 6, 1, 1, 3, 2, VALID, 1],
  [8, 9, 2, 1, 3, 3, VALID, 2],
  [9, 9, 1, 1, 3, 3, SAME, 2],
] as const) {
  const sizes =
    padding === SAME
      ? [Math.ceil(height / strideY), Math.ceil(width / strideX)]
      : [
          Math.ceil((height - (tall - 1) * dilation) / strideY),
          Math.ceil((width - (wide - 1) * dilation) / strideX),
        ];
  const [rows, columns] = sizes as [number, number];
  const text = `${tall} x ${wide}, stride ${strideY} x ${strideX}, ${padding === SAME ? 'same' : 'valid'}, dilation ${dilation}, over ${height} x ${width}`;

  test(`convolution ${text}`, () => {
    const net = new Chain(1, height, width, 3);
    net.add(
      'CONV_2D',
      [1, rows, columns, 4],
      [net.weights([4, tall, wide, 3]), net.weights([4])],
      [padding, i32(strideX), i32(strideY), RELU, i32(dilation), i32(dilation)],
    );
    assertTwin(withHead(net, rows * columns * 4));
  });

  test(`depthwise convolution ${text}`, () => {
    const net = new Chain(1, height, width, 3);
    net.add(
      'DEPTHWISE_CONV_2D',
      [1, rows, columns, 6],
      [net.weights([1, tall, wide, 6]), net.weights([6])],
      [padding, i32(strideX), i32(strideY), i32(2), RELU6, i32(dilation), i32(dilation)],
    );
    assertTwin(withHead(net, rows * columns * 6));
  });

  for (const kind of ['MAX_POOL_2D', 'AVERAGE_POOL_2D'] as const) {
    if (dilation > 1) continue;
    test(`${kind} ${text}`, () => {
      const net = new Chain(1, height, width, 3);
      net.add(
        kind,
        [1, rows, columns, 3],
        [],
        [padding, i32(strideX), i32(strideY), i32(wide), i32(tall), TANH!],
      );
      assertTwin(withHead(net, rows * columns * 3));
    });
  }
}

test('a convolution of groups, and one whose bias is left out', () => {
  const net = new Chain(1, 4, 5, 4);
  const grouped = net.weights([6, 3, 3, 2]);
  net.add('CONV_2D', [1, 4, 5, 6], [grouped], [SAME, i32(1), i32(1), NONE]);
  net.add('CONV_2D', [1, 2, 3, 2], [net.weights([2, 1, 1, 6]), -1], [SAME, i32(2), i32(2), RELU]);
  const { network, tensors } = modelFromTflite(withHead(net, 12));
  const groups = network.nodes.flatMap((node) => (node.kind === 'conv2d' ? [node.groups] : []));
  assert.equal(groups, [2, 1]);
  // [output, channel, row, column] from [output, row, column, channel].
  const values = net.tensors[grouped]!.data!;
  const first = [...tensors.get('weights 1')!.subarray(0, 18)];
  assert.equal(
    first,
    [0, 1].flatMap((c) => Array.from({ length: 9 }, (_, i) => values[2 * i + c]!)),
  );
});

test('functions of each element', () => {
  for (const [name, options] of [
    ['RELU', []],
    ['RELU6', []],
    ['TANH', []],
    ['LOGISTIC', []],
    ['ELU', []],
    ['HARD_SWISH', []],
    ['LEAKY_RELU', [f32(0.3)]],
  ] as const) {
    const net = new Chain(1, 3, 4, 2);
    net.add('CONV_2D', [1, 3, 4, 2], [net.weights([2, 1, 1, 2], 3)], [SAME, i32(1), i32(1), NONE]);
    net.add(name, [1, 3, 4, 2], [], options);
    assertTwin(withHead(net, 24));
  }
});

test('x * relu6(x + 3) / 6, as converters write a hard swish', () => {
  const net = new Chain(1, 3, 4, 2);
  const x = net.add('CONV_2D', [1, 3, 4, 2], [net.weights([2, 1, 1, 2], 3)], [SAME, i32(1), i32(1), NONE]);
  const number = (value: number) => net.tensor({ name: `${value}`, shape: [], data: Float32Array.of(value) });
  const gate = net.add('ADD', [1, 3, 4, 2], [number(3)], [RELU6]);
  net.add('MUL', [1, 3, 4, 2], [gate], [NONE], x);
  net.add('MUL', [1, 3, 4, 2], [number(1 / 6)], [NONE]);
  const file = withHead(net, 24);
  assertTwin(file);
  const kinds = modelFromTflite(file).network.nodes.map((node) =>
    node.kind === 'activation' ? node.activation : node.kind,
  );
  assert.equal(kinds, ['conv2d', 'hard-swish', 'flatten', 'dense']);
});

test('a batch normalisation as products and sums per channel, before and after a convolution', () => {
  const net = new Chain(1, 3, 4, 3);
  net.add('MUL', [1, 3, 4, 3], [net.weights([3])], [NONE]);
  net.add('SUB', [1, 3, 4, 3], [net.weights([1, 1, 1, 3])], [NONE]);
  net.add('CONV_2D', [1, 3, 4, 2], [net.weights([2, 3, 3, 3])], [SAME, i32(1), i32(1), NONE]);
  net.add('MUL', [1, 3, 4, 2], [net.weights([1, 1, 2])], [NONE]);
  net.add('ADD', [1, 3, 4, 2], [net.weights([2])], [RELU]);
  assertTwin(withHead(net, 24));
});

test('shortcuts, channels that are joined, zeros around and behind, and the mean of an image', () => {
  const net = new Chain(1, 6, 5, 2);
  const one = net.add(
    'CONV_2D',
    [1, 6, 5, 4],
    [net.weights([4, 3, 3, 2]), net.weights([4])],
    [SAME, i32(1), i32(1), RELU],
  );
  const two = net.add('CONV_2D', [1, 6, 5, 4], [net.weights([4, 1, 1, 2])], [SAME, i32(1), i32(1), NONE], 0);
  const sum = net.add('ADD', [1, 6, 5, 4], [two], [RELU], one);
  net.add('CONCATENATION', [1, 6, 5, 6], [0], [i32(-1), NONE], sum);
  net.add(
    'PAD',
    [1, 8, 6, 9],
    [net.tensor({ name: 'pads', shape: [4, 2], type: 'int32', data: Int32Array.of(0, 0, 2, 0, 1, 0, 1, 2) })],
  );
  net.add('CONV_2D', [1, 6, 4, 3], [net.weights([3, 3, 3, 9])], [VALID, i32(1), i32(1), RELU]);
  for (const [keeps, axes] of [
    [1, [1, 2]],
    [0, [2, 1]],
    [0, [-3, -2]],
  ] as const) {
    const copy = Object.assign(new Chain(), {
      tensors: [...net.tensors],
      operators: [...net.operators],
      last: net.last,
    });
    copy.add('MEAN', keeps ? [1, 1, 1, 3] : [1, 3], [copy.whole(...axes)], [i8(keeps)]);
    assertTwin(withHead(copy, 3));
  }
});

test('an image that is flattened at once, by a dense layer itself, and a signal', () => {
  const flat = new Chain(1, 4, 3, 2);
  flat.add('FULLY_CONNECTED', [1, 5], [flat.weights([5, 24]), flat.weights([5])], [TANH!]);
  flat.add('FULLY_CONNECTED', [1, 3], [flat.weights([3, 5])], [NONE]);
  assertTwin(flat.bytes());
  const signal = new Chain(1, 12, 2);
  signal.add('EXPAND_DIMS', [1, 1, 12, 2], [signal.whole(1)]);
  signal.add(
    'CONV_2D',
    [1, 1, 6, 4],
    [signal.weights([4, 1, 5, 2]), signal.weights([4])],
    [SAME, i32(2), i32(1), RELU],
  );
  signal.add('SQUEEZE', [1, 6, 4]);
  assertTwin(withHead(signal, 24));
});

test('weights in int8, per channel and not, in float16 and behind a dequantisation', () => {
  const net = new Chain(1, 4, 5, 2);
  const bytes = (length: number) => Int8Array.from({ length }, (_, i) => ((i * 37) % 255) - 127);
  const conv = net.tensor({
    name: 'conv',
    shape: [3, 3, 3, 2],
    type: 'int8',
    data: bytes(54),
    scales: [0.01, 0.02, 0.005],
    zeroPoints: [0, 0, 0],
  });
  net.add('CONV_2D', [1, 4, 5, 3], [conv, net.weights([3])], [SAME, i32(1), i32(1), RELU]);
  const wise = net.tensor({
    name: 'wise',
    shape: [1, 3, 3, 3],
    type: 'int8',
    data: bytes(27),
    scales: [0.01, 0.02, 0.03],
    zeroPoints: [0],
    axis: 3,
  });
  net.add('DEPTHWISE_CONV_2D', [1, 4, 5, 3], [wise], [SAME, i32(1), i32(1), i32(1), NONE]);
  const half = new Uint16Array(encodeFloats(random.floats(9, 2), 'float16').buffer);
  const halves = net.tensor({ name: 'half', shape: [3, 1, 1, 3], type: 'float16', data: half });
  const x = net.last;
  const whole = net.add('DEQUANTIZE', [3, 1, 1, 3], [], [], halves);
  net.add('CONV_2D', [1, 4, 5, 3], [whole], [SAME, i32(1), i32(1), NONE], x);
  net.add('RESHAPE', [1, 60], [net.whole(-1, 60)]);
  const unsigned = net.tensor({
    name: 'unsigned',
    shape: [4, 60],
    type: 'uint8',
    data: Uint8Array.from({ length: 240 }, (_, i) => (i * 91) % 256),
    scales: [0.01],
    zeroPoints: [128],
  });
  net.add('FULLY_CONNECTED', [1, 4], [unsigned], [NONE]);
  const file = net.bytes();
  assertTwin(file);
  const { warnings } = modelFromTflite(file);
  assert.equal(warnings, [
    '3 of the 5 parameters of the file are int8 and uint8 and are computed with as the float32 numbers that they stand for',
  ]);
});

test('names and tasks', () => {
  const net = new Chain(1, 4);
  net.add('FULLY_CONNECTED', [1, 4], [net.weights([4, 4])], [NONE]);
  assert.is(modelFromTflite(net.bytes()).task, 'regression');
  net.add('LOGISTIC', [1, 4]);
  assert.is(modelFromTflite(net.bytes()).task, 'regression');
  net.add('FULLY_CONNECTED', [1, 1], [net.weights([1, 4])], [NONE]);
  net.add('LOGISTIC', [1, 1]);
  const model = modelFromTflite(net.bytes());
  assert.equal([model.task, [...model.tensors.keys()]], ['binary', ['weights 1', 'weights 4']]);
  assert.is(modelFromTflite(net.bytes(), { task: 'regression' }).network.nodes.at(-1)!.kind, 'activation');
});

test('bytes at the input enter as they are', () => {
  const net = new Chain(1, 2, 3);
  net.tensors[0] = { name: 'input', shape: [1, 2, 3], type: 'uint8' };
  net.add('CAST', [1, 2, 3]);
  const cast = withHead(net, 6);
  assert.is(modelFromTflite(cast).normalization.scale, 1);
  assertTwin(cast);
  const scaled = new Chain(1, 6);
  scaled.tensors[0] = { name: 'input', shape: [1, 6], type: 'uint8', scales: [0.5], zeroPoints: [3] };
  scaled.add('DEQUANTIZE', [1, 6]);
  scaled.add('FULLY_CONNECTED', [1, 3], [scaled.weights([3, 6])], [NONE]);
  const { network, tensors, normalization } = modelFromTflite(scaled.bytes());
  assert.equal(
    network.nodes.map(({ kind }) => kind),
    ['affine', 'dense'],
  );
  assert.is(normalization.scale, 1);
  const [scale, shift] = [...tensors]
    .filter(([name]) => !name.startsWith('weights'))
    .map(([, values]) => values[0]);
  assert.equal([scale, shift], [0.5, -1.5]);
});

test.run();
