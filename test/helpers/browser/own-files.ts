/** Files that a visitor of the page may bring: small networks as ONNX, and data that they are right on. */
import {
  classify,
  fullMasks,
  modelFromFile,
  problemOf,
  type ImageSet,
  type Model,
  type ModelOptions,
  type Shape,
} from '../../../src/index.ts';
import {
  bytesField,
  integerField,
  integersField,
  message,
  messageField,
  textField,
} from '../../../src/formats/protobuf/writer.ts';
import { referenceLogits } from '../../../src/engine/reference/forward.ts';
import { QUAD, quadsOf } from '../../../src/kernels/spec.ts';
import { npyBytes, npyFloats, npyTexts, npz } from '../data/npy.ts';
import { generator } from '../data/numbers.ts';

export type NamedFiles = Readonly<Record<string, Uint8Array>>;

interface Weights {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface Operator {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: readonly Uint8Array[];
}

const FLOAT = 1;

/** AttributeProto of integers, and of one. */
const ints = (name: string, values: readonly number[]) =>
  message(textField(1, name), integersField(8, values), integerField(20, 7));
const int = (name: string, value: number) =>
  message(textField(1, name), integerField(3, value), integerField(20, 2));

function valueInfo(name: string, shape: Shape): Uint8Array {
  const axes = [1, ...shape].map((size) => messageField(1, integerField(1, size)));
  return message(
    textField(1, name),
    messageField(2, messageField(1, integerField(1, FLOAT), messageField(2, ...axes))),
  );
}

interface Graph {
  readonly input: Shape;
  readonly outputs: number;
  readonly operators: readonly Operator[];
  readonly weights: Readonly<Record<string, Weights>>;
}

/** The files of an ONNX model: with its weights in it, or in a file beside it of this name. */
function onnxFiles(name: string, { input, outputs, operators, weights }: Graph, beside?: string): NamedFiles {
  const parts: Uint8Array[] = [];
  let offset = 0;
  const tensors = Object.entries(weights).map(([tensor, { shape, values }]) => {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const entry = (key: string, value: string) => messageField(13, textField(1, key), textField(2, value));
    const data =
      beside === undefined
        ? [bytesField(9, bytes)]
        : [
            entry('location', beside),
            entry('offset', String(offset)),
            entry('length', String(bytes.length)),
            integerField(14, 1),
          ];
    parts.push(bytes);
    offset += bytes.length;
    return message(integersField(1, shape), integerField(2, FLOAT), textField(8, tensor), ...data);
  });
  const nodes = operators.map(({ type, inputs, output, attributes = [] }) =>
    message(
      ...inputs.map((of) => textField(1, of)),
      textField(2, output),
      textField(3, output),
      textField(4, type),
      ...attributes.map((attribute) => bytesField(5, attribute)),
    ),
  );
  const graph = message(
    ...nodes.map((node) => bytesField(1, node)),
    textField(2, 'graph'),
    ...tensors.map((tensor) => bytesField(5, tensor)),
    bytesField(11, valueInfo('x', input)),
    bytesField(12, valueInfo(operators.at(-1)!.output, [outputs])),
  );
  const model = message(
    integerField(1, 8),
    bytesField(7, graph),
    messageField(8, textField(1, ''), integerField(2, 17)),
  );
  return { [name]: model, ...(beside !== undefined && { [beside]: Buffer.concat(parts) }) };
}

const random = (seed: string, ...shape: number[]): Weights => {
  const size = shape.reduce((product, axis) => product * axis, 1);
  return { shape, values: generator(seed).floats(size, 1.5 / Math.sqrt(size / shape[0]!)) };
};

const gemm = (output: string, input: string): Operator => ({
  type: 'Gemm',
  inputs: [input, `${output}.weight`, `${output}.bias`],
  output,
  attributes: [int('transB', 1)],
});

/** A network for small pictures of three classes. */
export const pictureNetwork = (beside?: string): NamedFiles =>
  onnxFiles(
    'pictures.onnx',
    {
      input: [3, 8, 8],
      outputs: 3,
      operators: [
        {
          type: 'Conv',
          inputs: ['x', 'conv.weight', 'conv.bias'],
          output: 'conv',
          attributes: [ints('kernel_shape', [3, 3]), ints('pads', [1, 1, 1, 1])],
        },
        { type: 'Relu', inputs: ['conv'], output: 'relu' },
        {
          type: 'MaxPool',
          inputs: ['relu'],
          output: 'pool',
          attributes: [ints('kernel_shape', [2, 2]), ints('strides', [2, 2])],
        },
        { type: 'Flatten', inputs: ['pool'], output: 'flat' },
        gemm('out', 'flat'),
      ],
      weights: {
        'conv.weight': random('conv', 6, 3, 3, 3),
        'conv.bias': random('conv bias', 6),
        'out.weight': random('out', 3, 96),
        'out.bias': { shape: [3], values: new Float32Array(3) },
      },
    },
    beside,
  );

/** A network that takes six features and gives `outputs` numbers, of which a sigmoid makes answers if there are to be `answers`. */
export const featureNetwork = (
  name: string,
  outputs: number,
  { answers = false }: { readonly answers?: boolean } = {},
): NamedFiles =>
  onnxFiles(name, {
    input: [6],
    outputs,
    operators: [
      gemm('hidden', 'x'),
      { type: 'Relu', inputs: ['hidden'], output: 'relu' },
      gemm('out', 'relu'),
      ...(answers ? [{ type: 'Sigmoid', inputs: ['out'], output: 'answer' }] : []),
    ],
    weights: {
      'hidden.weight': random('hidden', 16, 6),
      'hidden.bias': random('hidden bias', 16),
      'out.weight': random(name, outputs, 16),
      'out.bias': { shape: [outputs], values: new Float32Array(outputs) },
    },
  });

export const CLASS_NAMES = ['cat', 'dog', 'great crested newt'];

/** The model in files, the first of which is the main one. */
export function readModel(files: NamedFiles, options?: ModelOptions): Model {
  const [[name, bytes], ...beside] = Object.entries(files) as [[string, Uint8Array]];
  return modelFromFile({ name, bytes }, options, new Map(beside));
}

/** Pictures, in bytes, with the names of the classes that the model gives them. */
export function pictureData(model: Model, count: number): Uint8Array {
  const { below } = generator('pictures');
  const bytes = Uint8Array.from({ length: count * 3 * 8 * 8 }, () => below(256));
  const images: ImageSet = { count, channels: 3, height: 8, width: 8, pixels: bytes };
  const names = classify(model, { ...images, labels: new Uint8Array(count) }).map(
    (scores) => CLASS_NAMES[scores.indexOf(Math.max(...scores))]!,
  );
  return npz({ x: npyBytes([count, 3, 8, 8], bytes), y: npyTexts(names) });
}

/** Features, with the targets that `targetOf` makes of each output of the model. */
export function featureData(model: Model, count: number, targetOf: (output: number) => number): Uint8Array {
  const pixels = generator('features').floats(count * 6);
  const images: ImageSet = { count, channels: 6, height: 1, width: 1, pixels };
  const outputs = referenceLogits(model, images, fullMasks(problemOf(model.network).layers));
  const stride = quadsOf(count) * QUAD;
  const perImage = outputs.length / stride;
  const targets = Array.from({ length: count * perImage }, (_, i) =>
    targetOf(outputs[(i % perImage) * stride + Math.floor(i / perImage)]!),
  );
  return npz({ x: npyFloats([count, 6], pixels), y: npyFloats([count, perImage], targets) });
}
