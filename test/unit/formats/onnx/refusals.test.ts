/** What no network here can do: one sentence each, with the operator and its node. */
import { test } from 'uvu';
import { modelFromOnnx } from '../../../../src/formats/onnx/model.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { OnnxGraph, type GraphOptions } from '../../../helpers/onnx/graph.ts';
import { nodeProto } from '../../../helpers/onnx/proto.ts';

type Write = (g: OnnxGraph, x: string) => string;
type Case = readonly [write: Write, pattern: RegExp, options?: Partial<GraphOptions>];

/** After a convolution of 4 channels of 6 x 6. */
const CASES: Readonly<Record<string, Case>> = {
  'unknown operators, the most frequent first': [
    (g, x) => g.node('LSTM', [g.node('Einsum', [g.node('Einsum', [x])])]),
    /operators that are not supported: Einsum \(2, the first is "Einsum_\d+_node"\), LSTM \(1, the first is/,
  ],
  'more than four unknown operators': [
    (g, x) => ['A', 'B', 'C', 'D', 'E', 'F'].reduce((y, name) => g.node(name, [y]), x),
    /D \(1, the first is "D_\d+_node"\) and 2 more/,
  ],
  'an operator for constants alone': [
    (g, x) => g.node('Exp', [x]),
    /^Exp "Exp_\d+_node" is supported for constants alone/,
  ],
  'a product of two tensors': [
    (g, x) => g.node('Mul', [x, g.conv(x, [4, 4, 1, 1])]),
    /^Mul ".*only their sum/,
  ],
  'a difference of two tensors': [
    (g, x) => g.node('Sub', [x, g.conv(x, [4, 4, 1, 1])]),
    /^Sub ".*only their sum/,
  ],
  'a sum of other shapes': [
    (g, x) => g.node('Add', [x, g.node('GlobalAveragePool', [x])]),
    /^Add ".* adds 4 x 6 x 6 and 4 x 1 x 1/,
  ],
  'a sum of other orders': [
    (g, x) => g.node('Add', [x, g.transpose(g.conv(x, [4, 4, 1, 1]), 0, 1, 3, 2)]),
    /elements are in different orders/,
  ],
  'a number for each pixel': [
    (g, x) => g.node('Add', [x, g.constant({ shape: [6, 6], values: g.random(36, 1) })]),
    /^Add ".* numbers that differ within a channel/,
  ],
  'a constant of another shape': [
    (g, x) => g.node('Add', [x, g.vector(5)]),
    /constant of 5, which is no number for each channel/,
  ],
  'a batch that is mixed': [(g, x) => g.reshape(x, 4, -1), /^Reshape ".*mixes images/],
  'a batch that is moved': [(g, x) => g.transpose(x, 1, 0, 2, 3), /^Transpose ".*mixes images/],
  'a shape that does not fit': [
    (g, x) => g.reshape(x, 0, 7, -1),
    /^Reshape ".*gives 1 x 4 x 6 x 6 the shape 0 x 7 x -1/,
  ],
  'rows and columns of another form': [
    (g, x) => g.conv(g.reshape(x, -1, 4, 9, 4), [2, 4, 3, 3]),
    /^Conv ".*in another order than channels, rows, columns/,
  ],
  'columns as rows and rows as columns': [
    (g, x) => g.conv(g.reshape(g.conv(x, [4, 4, 1, 3]), -1, 4, 4, 6), [2, 4, 3, 3]),
    /^Conv ".*in another order than channels, rows, columns/,
  ],
  'channels that became rows': [
    (g, x) => g.conv(g.transpose(x, 0, 2, 1, 3), [2, 6, 3, 3]),
    /^Conv ".*in another order/,
  ],
  'rows of a matrix': [(g, x) => g.matMul(x, 6, 3), /^MatMul ".*multiplies each of 24 rows/],
  'weights of other features': [
    (g, x) => g.gemm(g.node('Flatten', [x]), 100, 3),
    /^Gemm ".*weights of 3 x 100 for 144 features/,
  ],
  'a product of two inputs': [
    (g, x) => g.node('MatMul', [g.node('Flatten', [x]), g.node('Flatten', [x])]),
    /^MatMul ".*factors that depend on the input/,
  ],
  'an input that is turned over': [
    (g, x) => g.node('Gemm', [g.node('Flatten', [x]), g.weights([1, 3])], { transA: 1 }),
    /transA/,
  ],
  'weights that are computed': [
    (g, x) => g.node('Conv', [x, g.node('Mul', [g.weights([2, 4, 1, 1]), g.scalar(2)])]),
    /^Conv ".*weights that other nodes compute/,
  ],
  'weights that are repeated': [
    (g, x) => g.node('Conv', [x, g.node('Expand', [g.weights([1, 4, 1, 1]), g.integers(3, 4, 1, 1)])]),
    /^Conv ".*weights that other nodes compute/,
  ],
  'weights that are gathered twice': [
    (g, x) => g.node('Conv', [x, g.node('Gather', [g.weights([3, 4, 1, 1]), g.integers(0, 1, 0)])]),
    /^Conv ".*weights that other nodes compute/,
  ],
  'weights that are whole numbers': [
    (g, x) =>
      g.node('Conv', [
        x,
        g.constant({ shape: [2, 4, 1, 1], values: [1, 2, 3, 4, 5, 6, 7, 8], type: 'int8' }),
      ]),
    /^Conv ".*whole numbers/,
  ],
  'weights that were whole numbers': [
    (g, x) => {
      const whole = g.constant({ shape: [2, 4, 1, 1], values: [1, 2, 3, 4, 5, 6, 7, 8], type: 'int8' });
      return g.node('Conv', [x, g.node('Cast', [whole], { to: 1 })]);
    },
    /^Conv ".*whole numbers/,
  ],
  'weights in two orders': [
    (g, x) => {
      const w = g.weights([144, 144], { name: 'w' });
      const y = g.node('Gemm', [g.node('Flatten', [x]), w], { transB: 1 });
      return g.node('MatMul', [g.relu(y), w]);
    },
    /^MatMul ".*reads "w" in another order/,
  ],
  'a convolution of three axes': [
    (g, x) => g.conv(x, [2, 4, 3, 3, 3]),
    /^Conv ".*weights of 2 x 4 x 3 x 3 x 3 for 4 x 6 x 6/,
  ],
  'groups that do not fit': [(g, x) => g.conv(x, [4, 2, 1, 1], { group: 3 }), /3 groups of 2 channels for 4/],
  'a kernel_shape that is not that of the weights': [
    (g, x) => g.conv(x, [4, 4, 3, 3], { kernel_shape: [2, 2] }),
    /kernel_shape of 2 x 2 and weights of 3 x 3/,
  ],
  'negative padding': [(g, x) => g.conv(x, [4, 4, 3, 3], { pads: [-1, 0, 0, 0] }), /the padding -1, 0, 0, 0/],
  'strides of one number': [
    (g, x) => g.conv(x, [4, 4, 3, 3], { strides: [2] }),
    /1 numbers in strides, 2 are needed/,
  ],
  'an unknown auto_pad': [(g, x) => g.conv(x, [4, 4, 3, 3], { auto_pad: 'SOME' }), /unknown auto_pad/],
  'an attribute of another type': [
    (g, x) => g.conv(x, [4, 4, 3, 3], { group: 'two' }),
    /attribute group that is no int/,
  ],
  'pooling without a kernel': [(g, x) => g.node('MaxPool', [x]), /^MaxPool ".*no kernel_shape/],
  'a mean of rows alone': [
    (g, x) => g.reduceMean(x, [2], 1),
    /^ReduceMean ".*other axes than all rows and columns/,
  ],
  'a mean of channels': [(g, x) => g.reduceMean(x, [1, 2, 3], 0), /^ReduceMean ".*other axes/],
  'padding that is reflected': [
    (g, x) => g.node('Pad', [x, g.integers(0, 0, 1, 1, 0, 0, 1, 1)], { mode: 'reflect' }),
    /^Pad ".*other than zeros/,
  ],
  'padding of ones': [
    (g, x) => g.node('Pad', [x, g.integers(0, 0, 1, 1, 0, 0, 1, 1), g.scalar(1)]),
    /other than zeros/,
  ],
  'padding of the batch': [(g, x) => g.pad(x, [1, 0, 0, 0, 0, 0, 0, 0]), /elsewhere than around images/],
  'padding that cuts off': [(g, x) => g.pad(x, [0, 0, -1, 0, 0, 0, 0, 0]), /elsewhere than around images/],
  'a part of the image': [
    (g, x) => g.slice(x, { starts: [1], ends: [5], axes: [2] }),
    /^Slice ".*only every so many rows and columns/,
  ],
  'a part of the channels': [
    (g, x) => g.slice(x, { starts: [0], ends: [2], axes: [1] }),
    /takes a part of its input/,
  ],
  'an image turned round': [
    (g, x) => g.slice(x, { starts: [-1], ends: [-9], axes: [3], steps: [-1] }),
    /takes a part of its input/,
  ],
  'one of several places': [
    (g, x) => g.node('Gather', [x, g.integers(1)], { axis: 1 }),
    /^Gather ".*a part of its input/,
  ],
  'joined batches': [(g, x) => g.node('Concat', [x, x], { axis: 0 }), /^Concat ".*joins batches/],
  'joined images of other sizes': [
    (g, x) => g.node('Concat', [x, g.conv(x, [4, 4, 3, 3])], { axis: 1 }),
    /^Concat ".*joins 4 x 6 x 6 and 4 x 4 x 4/,
  ],
  'joined with ones': [
    (g, x) =>
      g.node('Concat', [x, g.constant({ shape: [1, 1, 6, 6], values: new Float32Array(36).fill(1) })], {
        axis: 1,
      }),
    /constants other than zeros/,
  ],
  'an axis that is not there': [
    (g, x) => g.node('Concat', [x, x], { axis: 7 }),
    /an axis of 7 where there are 4/,
  ],
  'slopes of each channel': [
    (g, x) => g.node('PRelu', [x, g.constant({ shape: [4, 1, 1], values: [1, 2, 3, 4] })]),
    /slopes that differ/,
  ],
  'a function that is no activation': [
    (g, x) => g.relu(g.clip(x, -1, 1)),
    /^(Clip|Relu) ".*none of the activations/,
  ],
  'a factor in the gate of silu alone': [
    (g, x) => g.node('Mul', [x, g.node('Sigmoid', [g.node('Mul', [x, g.scalar(1.7)])])]),
    /^Mul ".*none of the activations/,
  ],
  'a maximum of two tensors': [
    (g, x) => g.node('Max', [x, g.conv(x, [4, 4, 1, 1])]),
    /^Max ".*differ in more than one number/,
  ],
  'a maximum of three': [(g, x) => g.node('Max', [x, x, x]), /^Max ".*reads 3 tensors/],
  'a power of a vector': [
    (g, x) => g.node('Pow', [x, g.constant({ shape: [4, 1, 1], values: [1, 2, 3, 4] })]),
    /^Pow ".*single number/,
  ],
  'probabilities in the middle': [
    (g, x) => g.gemm(g.node('Softmax', [g.node('Flatten', [x])], { axis: 1 }), 144, 3),
    /^Gemm ".*reads the output of Softmax, which only a network's last operator may be/,
  ],
  'probabilities of each pixel': [
    (g, x) => g.node('Softmax', [x], { axis: 1 }),
    /^Softmax ".*over one of several axes/,
  ],
  'normalisation of a batch': [
    (g, x) => g.node('BatchNormalization', [x, ...[1, 2, 3, 4].map(() => g.vector(4))], { training_mode: 1 }),
    /^BatchNormalization ".*statistics of a batch/,
  ],
  'normalisation by other numbers of channels': [
    (g, x) => g.batchNorm(x, 5),
    /^BatchNormalization ".*has 5 numbers as its scale for 4/,
  ],
  'elements that are dropped at random': [
    (g, x) => g.node('Dropout', [x, g.scalar(0.5), g.constant({ shape: [], values: [1], type: 'bool' })]),
    /^Dropout ".*at random/,
  ],
  'a cast to whole numbers': [
    (g, x) => g.node('Cast', [g.node('Cast', [x], { to: 3 })], { to: 1 }),
    /^Cast ".*whole numbers/,
  ],
  'the places of maxima': [
    (g, x) => {
      const attributes = { kernel_shape: [2, 2] };
      g.add(
        nodeProto({ operator: 'MaxPool', inputs: [x], outputs: ['max', 'places'], attributes, name: 'pool' }),
      );
      return g.node('Add', ['max', 'places']);
    },
    /^MaxPool "pool" gives the places/,
  ],
  'an output with its channels last': [
    (g, x) => g.transpose(x, 0, 2, 3, 1),
    /output of the network has its channels last/,
  ],
};

for (const [name, [write, pattern, options]] of Object.entries(CASES)) {
  test(`refuses ${name}`, () => {
    const g = new OnnxGraph({ input: ['N', 3, 6, 6], seed: name, ...options });
    const file = g.bytes(write(g, g.conv(g.input, [4, 3, 3, 3], { pads: [1, 1, 1, 1] })));
    return assertBadInput(() => modelFromOnnx(file), pattern);
  });
}

test('options that an ONNX file decides itself are refused', async () => {
  const g = new OnnxGraph({ input: ['N', 4] });
  const file = g.bytes(g.gemm(g.input, 4, 2));
  await assertBadInput(() => modelFromOnnx(file, { activation: 'relu' }), /activation has no effect/);
  await assertBadInput(() => modelFromOnnx(file, { pooling: 'max' }), /pooling has no effect/);
  await assertBadInput(() => modelFromOnnx(file, { std: 0 }), /std/);
});

test.run();
