/** The same small network with its weights in every form that files have. */
import type { ElementType } from '../../../../src/formats/arrays/numbers.ts';
import type { OnnxFile } from '../file.ts';
import { OnnxGraph } from '../graph.ts';
import { rawBytes, type Placement } from '../proto.ts';

interface Form {
  readonly type?: ElementType;
  readonly placement?: Placement;
  readonly opset?: number;
}

const packed: Placement = { kind: 'typed', packed: true };
const unpacked: Placement = { kind: 'typed', packed: false };

const FORMS: Readonly<Record<string, Form>> = {
  'float32, raw': {},
  float_data: { placement: packed },
  'float_data, not packed': { placement: unpacked, opset: 7 },
  'float64, raw': { type: 'float64' },
  double_data: { type: 'float64', placement: packed },
  'double_data, not packed': { type: 'float64', placement: unpacked },
  'float16, raw': { type: 'float16' },
  'float16 in int32_data': { type: 'float16', placement: packed },
  'float16 in int32_data, not packed': { type: 'float16', placement: unpacked },
  'bfloat16, raw': { type: 'bfloat16' },
  'bfloat16 in int32_data': { type: 'bfloat16', placement: packed },
};

/** A convolution and two layers; what is not float32 is cast in the graph. */
function formFile(name: string, { type = 'float32', placement, opset = 13 }: Form): OnnxFile {
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: ['N', 2, 6, 6], seed: 'forms' });
    const weights = (shape: readonly number[]) => {
      const found = g.weights(shape, { type, ...(placement && { placement }) });
      return type === 'float32' ? found : g.node('Cast', [found], { to: 1 });
    };
    let x = g.relu(g.node('Conv', [g.input, weights([4, 2, 3, 3]), weights([4])]));
    x = g.node('Gemm', [g.node('Flatten', [x]), weights([10, 64]), weights([10])], { transB: 1 });
    return g.bytes(g.node('Add', [g.node('MatMul', [g.relu(x), weights([10, 4])]), weights([4])]));
  };
  return { name: `weights: ${name}`, bytes, axes: 'CHW', sizes: [2, 6, 6], input: [2, 6, 6], images: 500 };
}

const vectorFile = (
  name: string,
  write: (g: OnnxGraph) => string,
  rest: Partial<OnnxFile> & { readonly opset?: number } = {},
): OnnxFile => {
  const { opset = 13, ...others } = rest;
  const bytes = () => {
    const g = new OnnxGraph({ opset, input: ['N', 12], seed: name });
    return g.bytes(write(g));
  };
  return { name: `weights: ${name}`, bytes, axes: 'C', sizes: [12], input: [12], images: 500, ...others };
};

const constantNode = (g: OnnxGraph, shape: readonly number[]) => {
  const elements = shape.reduce((product, size) => product * size, 1);
  return g.node('Constant', [], { value: { tensor: { shape, values: g.random(elements, 0.6) } } });
};

/** Two matrices and their biases in a file of its own: [12, 8], [8], [8, 3], [3]. */
const EXTERNAL_SHAPES = [[12, 8], [8], [8, 3], [3]] as const;
const externalNumbers = () =>
  new OnnxGraph({ input: [1], seed: 'external' }).random(12 * 8 + 8 + 8 * 3 + 3, 0.6);
const EXTERNAL_START = 64;

const external = vectorFile(
  'in a file beside it',
  (g) => {
    let offset = EXTERNAL_START;
    const names = EXTERNAL_SHAPES.map((shape) => {
      const elements = shape.reduce<number>((product, size) => product * size, 1);
      const placement = { kind: 'external', location: 'weights.bin', offset, length: 4 * elements } as const;
      offset += 4 * elements;
      return g.constant({ shape, values: [], placement });
    });
    const x = g.relu(g.node('Add', [g.node('MatMul', [g.input, names[0]!]), names[1]!]));
    return g.node('Add', [g.node('MatMul', [x, names[2]!]), names[3]!]);
  },
  {
    beside: () => {
      const numbers = rawBytes(externalNumbers(), 'float32');
      const file = new Uint8Array(EXTERNAL_START + numbers.length + 5).fill(0xab);
      file.set(numbers, EXTERNAL_START);
      return new Map([['weights.bin', file]]);
    },
  },
);

export const WEIGHT_FILES: readonly OnnxFile[] = [
  ...Object.entries(FORMS).map(([name, form]) => formFile(name, form)),
  vectorFile('Constant nodes', (g) => {
    const x = g.relu(g.node('Gemm', [g.input, constantNode(g, [12, 9]), constantNode(g, [9])]));
    return g.node('Add', [g.node('MatMul', [x, constantNode(g, [9, 4])]), constantNode(g, [4])]);
  }),
  vectorFile('transposed in the graph', (g) => {
    const turned = g.transpose(g.weights([9, 12]), 1, 0);
    const x = g.relu(g.node('Add', [g.node('MatMul', [g.input, turned]), g.vector(9)]));
    const twice = g.transpose(g.transpose(g.weights([9, 4]), 1, 0), 1, 0);
    return g.node('MatMul', [x, twice]);
  }),
  vectorFile('reshaped and sliced in the graph', (g) => {
    const shaped = g.reshape(g.weights([108]), 12, -1);
    const x = g.relu(g.node('MatMul', [g.input, shaped]));
    const part = g.slice(g.weights([9, 6]), { starts: [1], ends: [5], axes: [1] });
    return g.node('MatMul', [x, part]);
  }),
  vectorFile('shared by two layers', (g) => {
    const shared = g.weights([12, 12]);
    const bias = g.vector(12);
    const layer = (x: string) => g.node('Tanh', [g.node('Gemm', [x, shared, bias], { transB: 1 })]);
    return g.gemm(layer(layer(g.input)), 12, 5);
  }),
  vectorFile('shared through Identity', (g) => {
    const shared = g.weights([12, 12]);
    const again = g.node('Identity', [shared]);
    const x = g.relu(g.node('MatMul', [g.input, shared]));
    return g.gemm(g.relu(g.node('MatMul', [x, again])), 12, 5);
  }),
  vectorFile('factors of Gemm', (g) => {
    const attributes = { transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } };
    const x = g.relu(g.node('Gemm', [g.input, g.weights([9, 12]), g.vector(9)], attributes));
    return g.node('Gemm', [x, g.weights([9, 4]), g.scalar(0.3)]);
  }),
  vectorFile('a bias on one of two ways', (g) => {
    // The sum without its bias is read too.
    const product = g.node('MatMul', [g.input, g.weights([12, 9])]);
    const biased = g.relu(g.node('Add', [g.reshape(product, -1, 9), g.vector(9, { scale: 2 })]));
    const other = g.node('Tanh', [product]);
    return g.gemm(g.node('Concat', [biased, other], { axis: 1 }), 18, 4);
  }),
  vectorFile('a bias of one number', (g) => {
    const x = g.node('Tanh', [g.matMul(g.input, 12, 1)]);
    return g.gemm(x, 1, 4);
  }),
  vectorFile(
    'sums of layers and pooled images',
    (g) => {
      const image = g.reshape(g.input, -1, 3, 2, 2);
      const pooled = g.node('Flatten', [g.node('GlobalAveragePool', [g.relu(g.conv(image, [6, 3, 1, 1]))])]);
      const features = g.relu(g.gemm(g.input, 12, 6));
      const sum = g.node('Add', [pooled, features]);
      return g.gemm(g.node('Concat', [sum, pooled, features], { axis: -1 }), 18, 4);
    },
    { input: [3, 2, 2] },
  ),
  external,
];
