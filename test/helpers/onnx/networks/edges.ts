/** Small networks of windows, layouts and moves that larger ones rarely have. */
import type { OnnxFile } from '../file.ts';
import { OnnxGraph } from '../graph.ts';
import { INT64_MAX, type Attributes } from '../proto.ts';

type Write = (g: OnnxGraph) => string;
type Rest = Partial<OnnxFile> & { readonly opset?: number };

/** Images of [N, 3, 9, 8], which is [N, 9, 8, 3] for `axes` of 'HWC'. */
function image(name: string, write: Write, { opset = 13, ...rest }: Rest = {}): OnnxFile {
  const sizes = rest.axes === 'HWC' ? [9, 8, 3] : [3, 9, 8];
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: [rest.batch ?? 'N', ...sizes], seed: name });
    return g.bytes(write(g));
  };
  return { name, bytes, axes: 'CHW', sizes, input: [3, 9, 8], images: 200, ...rest };
}

/** The scores of an image: as many as channels. */
const scores = (g: OnnxGraph, x: string) => g.node('Flatten', [g.node('GlobalAveragePool', [x])]);

const pool = (name: string, operator: string, attributes: Attributes, opset = 19) =>
  image(
    `${operator}: ${name}`,
    (g) => {
      const x = g.conv(g.input, [5, 3, 1, 1]);
      return scores(g, g.relu(g.conv(g.node(operator, [x], attributes), [6, 5, 2, 2])));
    },
    { opset },
  );

const conv = (name: string, attributes: Attributes, kernel: readonly number[] = [3, 3], opset = 13) =>
  image(
    `Conv: ${name}`,
    (g) => scores(g, g.relu(g.conv(g.input, [6, 3, ...kernel], { kernel_shape: kernel, ...attributes }))),
    { opset },
  );

const three = { kernel_shape: [3, 3] } as const;

const POOLS: readonly OnnxFile[] = [
  pool('without strides', 'MaxPool', three),
  pool('ceil', 'MaxPool', { ...three, strides: [2, 2], ceil_mode: 1 }),
  pool('ceil and pads', 'MaxPool', { ...three, strides: [2, 3], pads: [1, 0, 1, 1], ceil_mode: 1 }),
  pool('dilated', 'MaxPool', { ...three, dilations: [2, 1] }),
  pool('SAME_UPPER', 'MaxPool', { ...three, strides: [2, 2], auto_pad: 'SAME_UPPER' }),
  pool('SAME_LOWER', 'MaxPool', { kernel_shape: [2, 2], strides: [1, 1], auto_pad: 'SAME_LOWER' }),
  pool('VALID', 'AveragePool', { ...three, strides: [2, 2], auto_pad: 'VALID' }),
  pool('padding counted', 'AveragePool', { ...three, pads: [1, 1, 1, 1], count_include_pad: 1 }),
  pool('padding not counted', 'AveragePool', { ...three, pads: [1, 0, 1, 2], strides: [2, 1] }),
  pool('SAME_UPPER', 'AveragePool', { ...three, strides: [2, 2], auto_pad: 'SAME_UPPER' }),
  pool('ceil', 'AveragePool', { ...three, strides: [2, 2], ceil_mode: 1 }),
  pool('ceil, padding counted', 'AveragePool', {
    ...three,
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    ceil_mode: 1,
    count_include_pad: 1,
  }),
  pool('opset 7', 'AveragePool', { ...three, strides: [2, 2], pads: [1, 1, 1, 1] }, 7),
];

const CONVOLUTIONS: readonly OnnxFile[] = [
  conv('SAME_UPPER, even sizes', { strides: [2, 2], auto_pad: 'SAME_UPPER' }, [2, 3]),
  conv('SAME_LOWER, even kernel', { strides: [2, 1], auto_pad: 'SAME_LOWER' }, [2, 4]),
  conv('SAME_UPPER, opset 7', { strides: [3, 2], auto_pad: 'SAME_UPPER' }, [5, 3], 7),
  conv('VALID', { strides: [2, 2], auto_pad: 'VALID' }),
  conv('NOTSET, four paddings', { auto_pad: 'NOTSET', pads: [2, 0, 1, 3], strides: [1, 2] }),
  conv('dilations', { dilations: [2, 3], pads: [1, 2, 3, 0] }),
  image('Conv: groups', (g) => {
    const x = g.relu(g.conv(g.input, [6, 1, 3, 3], { group: 3 }));
    return scores(g, g.conv(x, [8, 3, 2, 2], { group: 2 }, { bias: false }));
  }),
  image('Conv: without kernel_shape', (g) =>
    scores(g, g.node('Conv', [g.input, g.weights([4, 3, 3, 2]), g.vector(4)])),
  ),
];

const MOVES: readonly OnnxFile[] = [
  image(
    'channels last all the way',
    (g) => {
      const layer = (x: string, out: number, into: number) => {
        const moved = g.conv(g.transpose(x, 0, 3, 1, 2), [out, into, 3, 3], {}, { bias: false });
        return g.relu(g.node('Add', [g.transpose(moved, 0, 2, 3, 1), g.vector(out)]));
      };
      const x = layer(layer(g.input, 5, 3), 6, 5);
      return g.matMul(g.reduceMean(x, [1, 2], 0), 6, 4);
    },
    { axes: 'HWC' },
  ),
  image(
    'joined channels that are last',
    (g) => {
      const moved = g.transpose(g.input, 0, 3, 1, 2);
      const branch = (out: number) => g.transpose(g.conv(moved, [out, 3, 3, 3]), 0, 2, 3, 1);
      const joined = g.relu(g.node('Concat', [branch(4), branch(3)], { axis: 3 }));
      return g.matMul(g.node('Flatten', [joined]), 7 * 6 * 7, 5);
    },
    { axes: 'HWC' },
  ),
  image('joined rows, read by a dense layer', (g) => {
    const a = g.conv(g.input, [2, 3, 3, 3]);
    const b = g.conv(g.input, [2, 3, 3, 3]);
    return g.gemm(g.node('Flatten', [g.node('Tanh', [g.node('Concat', [a, b], { axis: 2 })])]), 168, 4);
  }),
  image('features joined with pixels', (g) => {
    const x = g.relu(g.conv(g.input, [4, 3, 3, 3]));
    const means = g.node('GlobalAveragePool', [x]);
    return g.gemm(
      g.node('Concat', [g.node('Flatten', [x]), g.node('Flatten', [means])], { axis: 1 }),
      172,
      3,
    );
  }),
  image('one-pixel images and 1 x 1 convolutions', (g) => {
    const x = g.node('GlobalMaxPool', [g.relu(g.conv(g.input, [8, 3, 3, 3]))]);
    const y = g.relu(g.conv(x, [10, 8, 1, 1]));
    return g.squeeze(g.conv(y, [4, 10, 1, 1]), -1, -2);
  }),
  image(
    'every second pixel, channels last',
    (g) => {
      const x = g.transpose(g.conv(g.transpose(g.input, 0, 3, 1, 2), [4, 3, 3, 3]), 0, 2, 3, 1);
      const picked = g.slice(x, {
        starts: [0, 0],
        ends: [INT64_MAX, INT64_MAX],
        axes: [1, 2],
        steps: [2, 3],
      });
      return g.matMul(g.reshape(g.relu(picked), -1, 4 * 2 * 4), 32, 3);
    },
    { axes: 'HWC' },
  ),
  image(
    'padding, channels last',
    (g) => {
      const padded = g.pad(g.input, [0, 1, 2, 0, 0, 0, 1, 2]);
      const x = g.relu(g.conv(g.transpose(padded, 0, 3, 1, 2), [4, 5, 3, 3]));
      return scores(g, x);
    },
    { axes: 'HWC' },
  ),
  image(
    'padding of named axes',
    (g) => {
      const pads = g.integers(1, 0, 0, 2);
      const padded = g.node('Pad', [g.input, pads, '', g.integers(-1, 2)]);
      return scores(g, g.relu(g.conv(padded, [4, 3, 3, 3])));
    },
    { opset: 18 },
  ),
  image(
    'padding before pooling',
    (g) => {
      const x = g.relu(g.conv(g.input, [4, 3, 3, 3]));
      const pooled = g.node('MaxPool', [g.pad(x, [0, 0, 1, 1, 0, 0, 1, 1])], { ...three, strides: [2, 2] });
      return scores(g, g.conv(pooled, [4, 4, 2, 2]));
    },
    { opset: 9 },
  ),
  image(
    'padding by attributes, opset 7',
    (g) => {
      const x = g.pad(g.input, [0, 0, 0, 1, 0, 1, 2, 0]);
      return scores(g, g.relu(g.conv(x, [5, 4, 3, 3])));
    },
    { opset: 7 },
  ),
  image(
    'channels of zeros by Concat',
    (g) => {
      const zeros = g.node('Expand', [g.scalar(0), g.integers(1, 2, 7, 6)]);
      const x = g.relu(g.conv(g.input, [3, 3, 3, 3]));
      return scores(g, g.conv(g.node('Concat', [zeros, x], { axis: 1 }), [4, 5, 1, 1]));
    },
    { batch: 1 },
  ),
  image('Gather of a row of one', (g) => {
    const x = g.relu(g.conv(g.input, [6, 3, 9, 3]));
    const zero = g.constant({ shape: [], values: [0], type: 'int64' });
    const y = g.node('Gather', [x, zero], { axis: 2 });
    return g.gemm(g.node('Flatten', [y]), 36, 4);
  }),
  image(
    'normalisation of features, channels last',
    (g) => {
      const x = g.transpose(g.conv(g.transpose(g.input, 0, 3, 1, 2), [4, 3, 4, 4]), 0, 2, 3, 1);
      return g.matMul(g.relu(g.batchNorm(g.reshape(x, -1, 120), 120)), 120, 3);
    },
    { axes: 'HWC' },
  ),
  image('normalisation of features', (g) => {
    const x = g.node('Flatten', [g.conv(g.input, [4, 3, 4, 4])]);
    return g.gemm(g.relu(g.batchNorm(x, 120)), 120, 3);
  }),
  image('scale of each feature', (g) => {
    const x = g.node('Mul', [g.node('Flatten', [g.conv(g.input, [4, 3, 4, 4])]), g.vector(120)]);
    return g.gemm(g.node('Sub', [g.constant({ shape: [1, 120], values: g.random(120, 1) }), x]), 120, 3);
  }),
  image('a residual of the same tensor', (g) => {
    const x = g.conv(g.input, [4, 3, 3, 3]);
    return scores(g, g.conv(g.node('Add', [g.relu(x), x]), [5, 4, 2, 2]));
  }),
  image('a sum of four', (g) => {
    const x = g.conv(g.input, [4, 3, 3, 3]);
    const others = ['Relu', 'Tanh', 'Sigmoid'].map((name) => g.node(name, [g.conv(g.input, [4, 3, 3, 3])]));
    return scores(g, g.relu(g.node('Sum', [x, ...others])));
  }),
  image('a tensor added to itself', (g) => {
    const x = g.relu(g.conv(g.input, [4, 3, 3, 3]));
    return scores(g, g.node('Tanh', [g.node('Add', [x, x])]));
  }),
  image('shapes from ConstantOfShape', (g) => {
    const twos = g.node('ConstantOfShape', [g.integers(1)], {
      value: { tensor: { shape: [1], values: [2], type: 'int64' } },
    });
    const target = g.node('Concat', [g.integers(-1, 2), twos], { axis: 0 });
    const means = g.node('GlobalAveragePool', [g.conv(g.input, [4, 3, 3, 3])]);
    return g.node('Flatten', [g.node('Reshape', [means, target])]);
  }),
  image('shapes from Shape, Slice, Mul and Where', (g) => {
    const x = g.relu(g.conv(g.input, [4, 3, 3, 3]));
    const shape = g.node('Shape', [x]);
    const rest = g.node('ReduceProd', [g.slice(shape, { starts: [1], ends: [4], axes: [0] })], {
      keepdims: 1,
    });
    const isBig = g.node('Greater', [rest, g.integers(100)]);
    const size = g.node('Where', [isBig, rest, g.integers(7)]);
    const target = g.node('Concat', [g.integers(0), size], { axis: 0 });
    return g.gemm(g.node('Reshape', [x, target]), 168, 4);
  }),
  image(
    'a softmax that is reshaped',
    (g) => {
      const x = g.conv(g.node('GlobalAveragePool', [g.relu(g.conv(g.input, [6, 3, 3, 3]))]), [5, 6, 1, 1]);
      return g.node('Flatten', [g.node('Identity', [g.node('Softmax', [x], { axis: 1 })])]);
    },
    { ending: 'softmax' },
  ),
  image(
    'several yes or no',
    (g) => {
      const x = g.relu(g.conv(g.input, [6, 3, 3, 3]));
      return g.node('Sigmoid', [scores(g, x)]);
    },
    { ending: 'sigmoid', task: 'binary' },
  ),
];

export const EDGE_FILES: readonly OnnxFile[] = [...POOLS, ...CONVOLUTIONS, ...MOVES];
