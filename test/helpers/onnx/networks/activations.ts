/** One small network for each way in which exporters write an activation, or prepare the input. */
import type { OnnxFile } from '../file.ts';
import { OnnxGraph } from '../graph.ts';
import { float } from '../proto.ts';

type Pattern = (g: OnnxGraph, x: string) => string;

const FOUR_SLOPES = { shape: [4, 1, 1], values: [0.25, 0.25, 0.25, 0.25] };

/** x * sigmoid(x), and the exact gelu, as several operators. */
const silu: Pattern = (g, x) => g.node('Mul', [x, g.node('Sigmoid', [x])]);
const gelu: Pattern = (g, x) => {
  const erf = g.node('Erf', [g.node('Div', [x, g.scalar(Math.SQRT2)])]);
  return g.node('Mul', [g.node('Mul', [x, g.node('Add', [erf, g.scalar(1)])]), g.scalar(0.5)]);
};

/** By name; `activation` is what the network then has, or several with spaces between them. */
export const ACTIVATION_PATTERNS: readonly {
  readonly name: string;
  readonly opset: number;
  readonly activation: string;
  readonly pattern: Pattern;
}[] = [
  {
    ...{ name: 'gelu by Div, Erf, Add, Mul, Mul', opset: 13, activation: 'gelu' },
    pattern: gelu,
  },
  {
    ...{ name: 'gelu by Mul, Erf, Add, Mul, Mul', opset: 9, activation: 'gelu' },
    pattern: (g, x) => {
      const erf = g.node('Erf', [g.node('Mul', [g.scalar(Math.SQRT1_2), x])]);
      const half = g.node('Mul', [g.scalar(0.5), g.node('Add', [g.scalar(1), erf])]);
      return g.node('Mul', [half, x]);
    },
  },
  {
    ...{ name: 'gelu with the half first', opset: 17, activation: 'gelu' },
    pattern: (g, x) => {
      const erf = g.node('Erf', [g.node('Div', [x, g.scalar(Math.SQRT2)])]);
      return g.node('Mul', [g.node('Mul', [x, g.scalar(0.5)]), g.node('Add', [erf, g.scalar(1)])]);
    },
  },
  { name: 'Gelu', opset: 20, activation: 'gelu', pattern: (g, x) => g.node('Gelu', [x]) },
  {
    ...{ name: 'gelu by tanh, with Pow', opset: 13, activation: 'gelu-tanh' },
    pattern: (g, x) => {
      const cube = g.node('Mul', [g.scalar(0.044715), g.node('Pow', [x, g.scalar(3)])]);
      const inner = g.node('Mul', [g.scalar(Math.sqrt(2 / Math.PI)), g.node('Add', [x, cube])]);
      const gate = g.node('Add', [g.scalar(1), g.node('Tanh', [inner])]);
      return g.node('Mul', [g.node('Mul', [g.scalar(0.5), x]), gate]);
    },
  },
  {
    ...{ name: 'gelu by tanh, with Mul', opset: 17, activation: 'gelu-tanh' },
    pattern: (g, x) => {
      const cube = g.node('Mul', [x, g.node('Mul', [x, x])]);
      const sum = g.node('Add', [x, g.node('Mul', [cube, g.scalar(0.044715)])]);
      const tanh = g.node('Tanh', [g.node('Mul', [sum, g.scalar(Math.sqrt(2 / Math.PI))])]);
      return g.node('Mul', [g.node('Mul', [x, g.node('Add', [tanh, g.scalar(1)])]), g.scalar(0.5)]);
    },
  },
  {
    ...{ name: 'Gelu, approximate', opset: 20, activation: 'gelu-tanh' },
    pattern: (g, x) => g.node('Gelu', [x], { approximate: 'tanh' }),
  },
  {
    ...{ name: 'silu by Sigmoid, Mul', opset: 11, activation: 'silu' },
    pattern: silu,
  },
  {
    ...{ name: 'silu the other way round', opset: 7, activation: 'silu' },
    pattern: (g, x) => g.node('Mul', [g.node('Sigmoid', [x]), x]),
  },
  { name: 'HardSwish', opset: 14, activation: 'hard-swish', pattern: (g, x) => g.node('HardSwish', [x]) },
  {
    ...{ name: 'hard swish by HardSigmoid', opset: 11, activation: 'hard-swish' },
    pattern: (g, x) => g.node('Mul', [x, g.node('HardSigmoid', [x], { alpha: float(1 / 6) })]),
  },
  {
    ...{ name: 'hard swish by Clip, Div, Mul', opset: 11, activation: 'hard-swish' },
    pattern: (g, x) => {
      const gate = g.clip(g.node('Add', [x, g.scalar(3)]), 0, 6);
      return g.node('Mul', [x, g.node('Div', [gate, g.scalar(6)])]);
    },
  },
  {
    ...{ name: 'hard swish by Relu, Min, Mul', opset: 13, activation: 'hard-swish' },
    pattern: (g, x) => {
      const gate = g.node('Min', [g.relu(g.node('Add', [x, g.scalar(3)])), g.scalar(6)]);
      return g.node('Mul', [g.node('Mul', [x, gate]), g.scalar(1 / 6)]);
    },
  },
  { name: 'relu6 by Clip, opset 7', opset: 7, activation: 'relu6', pattern: (g, x) => g.clip(x, 0, 6) },
  { name: 'relu6 by Clip', opset: 13, activation: 'relu6', pattern: (g, x) => g.clip(x, 0, 6) },
  {
    ...{ name: 'relu6 by Relu, Min', opset: 9, activation: 'relu6' },
    pattern: (g, x) => g.node('Min', [g.relu(x), g.scalar(6)]),
  },
  {
    ...{ name: 'relu6 by Max, Min', opset: 13, activation: 'relu6' },
    pattern: (g, x) => g.node('Min', [g.scalar(6), g.node('Max', [x, g.scalar(0)])]),
  },
  {
    ...{ name: 'LeakyRelu', opset: 13, activation: 'leaky-relu' },
    pattern: (g, x) => g.node('LeakyRelu', [x], { alpha: float(0.2) }),
  },
  {
    name: 'LeakyRelu without a slope',
    opset: 7,
    activation: 'leaky-relu',
    pattern: (g, x) => g.node('LeakyRelu', [x]),
  },
  {
    ...{ name: 'leaky relu by Mul, Max', opset: 11, activation: 'leaky-relu' },
    pattern: (g, x) => g.node('Max', [x, g.node('Mul', [x, g.scalar(0.1)])]),
  },
  {
    ...{ name: 'PRelu of one slope', opset: 13, activation: 'leaky-relu' },
    pattern: (g, x) => g.node('PRelu', [x, g.constant(FOUR_SLOPES)]),
  },
  { name: 'Elu', opset: 13, activation: 'elu', pattern: (g, x) => g.node('Elu', [x], { alpha: float(0.7) }) },
  { name: 'Elu of 1', opset: 7, activation: 'elu', pattern: (g, x) => g.node('Elu', [x]) },
  { name: 'Celu of 1', opset: 12, activation: 'elu', pattern: (g, x) => g.node('Celu', [x]) },
  { name: 'Softplus', opset: 13, activation: 'softplus', pattern: (g, x) => g.node('Softplus', [x]) },
  { name: 'Sigmoid', opset: 13, activation: 'sigmoid', pattern: (g, x) => g.node('Sigmoid', [x]) },
  {
    ...{ name: 'sigmoid by Tanh', opset: 13, activation: 'sigmoid' },
    pattern: (g, x) => {
      const tanh = g.node('Tanh', [g.node('Mul', [x, g.scalar(0.5)])]);
      return g.node('Add', [g.node('Mul', [tanh, g.scalar(0.5)]), g.scalar(0.5)]);
    },
  },
  { name: 'Tanh', opset: 13, activation: 'tanh', pattern: (g, x) => g.node('Tanh', [x]) },
  {
    name: 'HardSigmoid of Keras',
    opset: 13,
    activation: 'hard-sigmoid',
    pattern: (g, x) => g.node('HardSigmoid', [x]),
  },
  {
    ...{ name: 'HardSigmoid of PyTorch', opset: 17, activation: 'hard-sigmoid' },
    pattern: (g, x) => g.node('HardSigmoid', [x], { alpha: float(1 / 6) }),
  },
  {
    ...{ name: 'hard sigmoid by Clip, Div', opset: 11, activation: 'hard-sigmoid' },
    pattern: (g, x) => g.node('Div', [g.clip(g.node('Add', [x, g.scalar(3)]), 0, 6), g.scalar(6)]),
  },
  {
    ...{ name: 'hard sigmoid by Mul, Add, Clip', opset: 9, activation: 'hard-sigmoid' },
    pattern: (g, x) => {
      const line = g.node('Add', [g.node('Mul', [x, g.scalar(0.2)]), g.scalar(0.5)]);
      return g.clip(line, 0, 1);
    },
  },
  {
    ...{ name: 'silu of Relu', opset: 13, activation: 'relu silu' },
    pattern: (g, x) => silu(g, g.relu(x)),
  },
  {
    ...{ name: 'silu of a product with a number', opset: 13, activation: 'silu' },
    pattern: (g, x) => silu(g, g.node('Mul', [x, g.scalar(1.7)])),
  },
  {
    ...{ name: 'silu of LeakyRelu of a product', opset: 13, activation: 'leaky-relu silu' },
    pattern: (g, x) => silu(g, g.node('LeakyRelu', [g.node('Mul', [x, g.scalar(3)])])),
  },
  {
    ...{ name: 'gelu of a sum with a number', opset: 13, activation: 'gelu' },
    pattern: (g, x) => gelu(g, g.node('Add', [x, g.scalar(0.3)])),
  },
  {
    ...{ name: 'gelu of silu, twice a number', opset: 13, activation: 'silu gelu' },
    pattern: (g, x) => g.node('Mul', [gelu(g, silu(g, x)), g.scalar(2)]),
  },
  {
    ...{ name: 'Sum with numbers on both sides', opset: 13, activation: 'relu' },
    pattern: (g, x) => g.relu(g.node('Sum', [g.scalar(0.25), x, g.weights([4, 1, 1], { scale: 0.3 })])),
  },
  {
    ...{ name: 'Selu', opset: 7, activation: 'elu' },
    // One elu, times its scale: 1.0507 x above 0 is no elu.
    pattern: (g, x) => g.node('Mul', [g.node('Elu', [x], { alpha: float(1.6732632) }), g.scalar(1.0507009)]),
  },
];

/** After a convolution, whose images have two rows more for values far from 0. */
function activationFile(name: string, opset: number, pattern: Pattern): OnnxFile {
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: ['N', 2, 5, 4], seed: name });
    const x = pattern(g, g.conv(g.input, [4, 2, 3, 3], {}, { scale: 1.5 }));
    return g.bytes(g.gemm(g.node('Flatten', [x]), 24, 5));
  };
  return { name, bytes, axes: 'CHW', sizes: [2, 5, 4], input: [2, 5, 4], images: 500 };
}

export const ACTIVATION_FILES = ACTIVATION_PATTERNS.map(({ name, opset, pattern }) =>
  activationFile(name, opset, pattern),
);

/** Prepares [N, H, W, 3] or, after the transpose, [N, 3, H, W]. */
const PREPARATIONS: Readonly<Record<string, { readonly after: boolean; readonly prepare: Pattern }>> = {
  'Mul and Sub of numbers': {
    after: false,
    prepare: (g, x) => g.node('Sub', [g.node('Mul', [x, g.scalar(2)]), g.scalar(0.5)]),
  },
  'Sub and Div of channels': {
    after: false,
    prepare: (g, x) =>
      g.node('Div', [
        g.node('Sub', [x, g.constant({ shape: [3], values: [0.485, 0.456, 0.406] })]),
        g.constant({ shape: [3], values: [0.229, 0.224, 0.225] }),
      ]),
  },
  'Div of a number, Sub and Div of channels': {
    after: true,
    prepare: (g, x) =>
      g.node('Div', [
        g.node('Sub', [
          g.node('Div', [x, g.scalar(0.5)]),
          g.constant({ shape: [3, 1, 1], values: [0.485, 0.456, 0.406] }),
        ]),
        g.constant({ shape: [1, 3, 1, 1], values: [0.229, 0.224, 0.225] }),
      ]),
  },
  'constants before the image': {
    after: true,
    prepare: (g, x) => {
      const halves = g.constant({ shape: [1, 3, 1, 1], values: [0.5, 0.25, 1.5] });
      return g.node('Mul', [halves, g.node('Sub', [g.scalar(1), x])]);
    },
  },
  'Add of channels': {
    after: false,
    prepare: (g, x) => g.node('Add', [g.constant({ shape: [1, 1, 1, 3], values: [-0.5, 0.1, 0.3] }), x]),
  },
  'a BatchNormalization': { after: true, prepare: (g, x) => g.batchNorm(x, 3) },
};

function preparedFile(name: string): OnnxFile {
  const { after, prepare } = PREPARATIONS[name]!;
  const bytes = () => {
    const g = new OnnxGraph({ opset: 13, input: ['N', 6, 5, 3], seed: name });
    const before = after ? g.input : prepare(g, g.input);
    const moved = g.transpose(before, 0, 3, 1, 2);
    const x = g.relu(g.conv(after ? prepare(g, moved) : moved, [6, 3, 3, 3], { pads: [1, 1, 1, 1] }));
    return g.bytes(g.gemm(g.node('Flatten', [g.node('GlobalMaxPool', [x])]), 6, 4));
  };
  return {
    ...{ name: `input: ${name}`, bytes, axes: 'HWC', sizes: [6, 5, 3], input: [3, 6, 5], images: 500 },
  };
}

/** Channels that are last though nothing but the operators says so. */
const manyChannels: OnnxFile = {
  ...{ name: 'input: eight channels last', axes: 'HWC', sizes: [6, 5, 8], input: [8, 6, 5], images: 500 },
  bytes: () => {
    const g = new OnnxGraph({ opset: 13, input: ['N', 6, 5, 8], seed: 'eight channels' });
    const scaled = g.node('Mul', [g.input, g.vector(8, { around: 1 })]);
    const x = g.relu(g.conv(g.transpose(scaled, 0, 3, 1, 2), [6, 8, 3, 3]));
    return g.bytes(g.gemm(g.node('Flatten', [x]), 72, 4));
  },
};

export const INPUT_FILES: readonly OnnxFile[] = [
  ...Object.keys(PREPARATIONS).map(preparedFile),
  manyChannels,
];
