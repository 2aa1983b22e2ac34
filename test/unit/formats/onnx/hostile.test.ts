/** Damaged and hostile ONNX files: each is refused in one sentence, or a model; none takes long or fills the memory. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MasksearchError } from '../../../../src/core/error.ts';
import { externalLocations, modelFromOnnx } from '../../../../src/formats/onnx/model.ts';
import {
  bytesField,
  integerField,
  integersField,
  message,
  messageField,
  textField,
} from '../../../../src/formats/protobuf/writer.ts';
import { refusal as refusalOf, slowest } from '../../../helpers/assert/hostile.ts';
import { generator } from '../../../helpers/data/numbers.ts';
import { OnnxGraph, type GraphOptions } from '../../../helpers/onnx/graph.ts';
import { ONNX_FILES } from '../../../helpers/onnx/index.ts';
import {
  modelProto,
  nodeProto,
  tensorProto,
  valueProto,
  type TensorOptions,
} from '../../../helpers/onnx/proto.ts';
import { isFull } from '../../../helpers/sample.ts';

const MAX_BYTES = 1e9;
/** Of each damage and file. */
const ROUNDS = isFull ? 100 : 10;

const random = generator('hostile onnx');
let files = 0;

function refusal(bytes: Uint8Array, what: string): string | undefined {
  files++;
  return refusalOf(() => {
    externalLocations(bytes);
    modelFromOnnx(bytes);
  }, what);
}

const DAMAGES: Readonly<Record<string, (file: Uint8Array) => Uint8Array>> = {
  'cut off': (file) => file.subarray(0, random.below(file.length)),
  'flipped bits': (file) => {
    const damaged = Uint8Array.from(file);
    for (let flips = 1 + random.below(4); flips > 0; flips--)
      damaged[random.below(file.length)]! ^= 1 << random.below(8);
    return damaged;
  },
  'flipped bits at its start': (file) => {
    const damaged = Uint8Array.from(file);
    damaged[random.below(Math.min(file.length, 400))]! ^= 1 << random.below(8);
    return damaged;
  },
  'other bytes anywhere': (file) => {
    const damaged = Uint8Array.from(file);
    for (let bytes = 1 + random.below(30); bytes > 0; bytes--)
      damaged[random.below(file.length)] = random.below(256);
    return damaged;
  },
  'a part left out': (file) => {
    const from = random.below(file.length - 1);
    const to = Math.min(file.length, from + 1 + random.below(50));
    return Uint8Array.of(...file.subarray(0, from), ...file.subarray(to));
  },
  'huge sizes': (file) => {
    const damaged = Uint8Array.from(file);
    const at = random.below(file.length - 10);
    damaged.fill(0xff, at, at + 1 + random.below(9));
    return damaged;
  },
};

/** Several good files, most of whose bytes are no weights. */
const GOOD = [
  ...['gelu by Div, Erf, Add, Mul, Mul', 'hard swish by Relu, Min, Mul', 'channels last all the way'],
  ...[
    'weights: float16 in int32_data, not packed',
    'weights: Constant nodes',
    'shapes from Shape, Slice, Mul and Where',
  ],
  ...[
    'padding by attributes, opset 7',
    'input: Sub and Div of channels',
    'weights: reshaped and sliced in the graph',
  ],
].map((name) => {
  const file = ONNX_FILES.find((one) => one.name === name);
  if (!file) throw new Error(`there is no file ${name}`);
  return { name, bytes: file.bytes() };
});

for (const [damage, apply] of Object.entries(DAMAGES)) {
  test(`${damage}: ${GOOD.length} files, ${ROUNDS} times each`, () => {
    let refused = 0;
    for (const { name, bytes } of GOOD) {
      assert.is(refusal(bytes, name), undefined);
      for (let round = 0; round < ROUNDS; round++) {
        const message = refusal(apply(bytes), `${name}, ${damage}, round ${round}`);
        if (message !== undefined) refused++;
        else assert.is.not(damage, 'cut off', `${name}, round ${round} was read`);
      }
    }
    assert.ok(refused > 0);
  });
}

type Write = (g: OnnxGraph) => string | readonly string[];
const written = (write: Write, options: Partial<GraphOptions> = {}): Uint8Array => {
  const g = new OnnxGraph({ input: ['N', 3, 8, 8], ...options });
  return g.bytes(write(g));
};
/** A network after `write`, whose result it only needs somewhere. */
const behind = (write: (g: OnnxGraph) => string, options?: Partial<GraphOptions>) =>
  written(
    (g) => g.node('Reshape', [g.node('GlobalAveragePool', [g.conv(g.input, [4, 3, 3, 3])]), write(g)]),
    options,
  );

const repeated = (count: number, first: string, step: (x: string, i: number) => string) => {
  let x = first;
  for (let i = 0; i < count; i++) x = step(x, i);
  return x;
};

/** A file of these nodes: [operator, inputs, outputs]. */
const graphOf = (
  nodes: readonly (readonly [string, string[], string[]])[],
  initializers: TensorOptions[] = [],
) =>
  modelProto(13, {
    nodes: nodes.map(([operator, inputs, outputs]) => nodeProto({ operator, inputs, outputs })),
    initializers: initializers.map(tensorProto),
    inputs: [valueProto('x', ['N', 4])],
    outputs: [valueProto('y')],
  });
const matrix = (name: string) => ({ name, shape: [4, 3], values: new Float32Array(12).fill(0.5) });

const shapeOf =
  (...sizes: readonly number[]) =>
  (g: OnnxGraph) =>
    g.integers(...sizes);
const filledWith =
  (...sizes: readonly number[]) =>
  (g: OnnxGraph) =>
    g.node('ConstantOfShape', [shapeOf(...sizes)(g)]);
const BIG = 2 ** 20;

/** Each with what the error says; undefined for a file that is fine. */
const HOSTILE: Readonly<Record<string, readonly [bytes: () => Uint8Array, pattern: RegExp | undefined]>> = {
  'ConstantOfShape of 2^40': [() => behind(filledWith(2 ** 40)), /a constant of 1099511627776 is made/],
  'ConstantOfShape of 2^20 x 2^20': [() => behind(filledWith(2 ** 20, 2 ** 20)), /is made, at most/],
  'ConstantOfShape of a negative size': [() => behind(filledWith(-4)), /a constant of -4 is made/],
  'ConstantOfShape of 2^53 x 0': [() => behind(filledWith(2 ** 53 - 1, 0)), /./],
  'Expand to 2^40': [
    () => behind((g) => g.node('Expand', [g.scalar(0), shapeOf(2 ** 40)(g)])),
    /combines constants of {2}and 1099511627776|combines constants/,
  ],
  'Range to 2^40': [
    () => behind((g) => g.node('Range', [g.scalar(0), g.scalar(2 ** 40), g.scalar(1)])),
    /a constant of \d+ is made/,
  ],
  'Range in steps of 0': [
    () => behind((g) => g.node('Range', [g.scalar(0), g.scalar(5), g.scalar(0)])),
    /counts in steps of 0/,
  ],
  'Range of no numbers at all': [
    () => behind((g) => g.node('Range', [g.scalar(0), g.scalar(0), g.scalar(0)])),
    /./,
  ],
  'many large constants': [
    () => behind((g) => repeated(400, g.integers(BIG), () => g.node('ConstantOfShape', [g.integers(BIG)]))),
    /./,
  ],
  'large constants that are all used': [
    () => behind((g) => repeated(400, filledWith(BIG)(g), (x) => g.node('Add', [x, g.integers(1)]))),
    /comes after \d+ numbers were (computed|moved or compared)/,
  ],
  'one large constant that is turned often': [
    () => behind((g) => repeated(60, g.weights([4096, 4096]), (x) => g.transpose(x, 1, 0))),
    /comes after \d+ numbers were (computed|moved)/,
  ],
  'a large constant that is reduced often': [
    () =>
      behind((g) => {
        const big = g.weights([2 ** 22]);
        const sums = Array.from({ length: 100 }, () => g.node('ReduceSum', [big], { keepdims: 1 }));
        return g.node('Concat', sums, { axis: 0 });
      }),
    /comes after \d+ numbers were moved/,
  ],
  'a large image with numbers of each channel, often': [
    () =>
      written(
        (g) =>
          repeated(100, g.input, (x) =>
            g.node('Add', [x, g.constant({ shape: [1, 1, 3], values: [1, 2, 3] })]),
          ),
        { input: ['N', 2048, 2048, 3] },
      ),
    /comes after \d+ numbers were moved or compared/,
  ],
  'a large image that is turned often': [
    () =>
      written(
        (g) => repeated(100, g.input, (x, i) => g.transpose(x, 0, ...(i % 2 ? [2, 1, 3] : [3, 1, 2]))),
        { input: ['N', 250, 250, 250] },
      ),
    /comes after \d+ numbers were (moved|computed)/,
  ],
  'a large image that is padded often': [
    () =>
      written((g) => repeated(60, g.input, (x) => g.pad(x, [0, 0, 1, 1, 0, 0, 1, 1])), {
        input: ['N', 3, 2000, 2000],
      }),
    /./,
  ],
  'an input of 2^40': [
    () => written((g) => g.relu(g.input), { input: ['N', 2 ** 20, 2 ** 20] }),
    /has \d+ elements/,
  ],
  'an input of an open size': [
    () => written((g) => g.relu(g.input), { input: ['N', 3, 'h', 8] }),
    /not fixed/,
  ],
  'an input without axes': [() => written((g) => g.relu(g.input), { input: [] }), /not fixed/],
  'an input of five axes': [
    () => written((g) => g.relu(g.input), { input: [1, 2, 3, 4, 5] }),
    /only vectors/,
  ],
  'a convolution of a huge padding': [
    () => written((g) => g.conv(g.input, [1, 3, 1, 1], { pads: [2 ** 40, 0, 0, 0] })),
    /./,
  ],
  'a convolution of a huge stride, dilation and group': [
    () =>
      written((g) =>
        g.conv(g.input, [1, 3, 1, 1], { strides: [2 ** 40, 1], dilations: [1, 2 ** 40], group: 2 ** 40 }),
      ),
    /./,
  ],
  'a convolution of stride 0': [
    () => written((g) => g.conv(g.input, [1, 3, 1, 1], { strides: [0, 0] })),
    /./,
  ],
  'a convolution of group 0': [() => written((g) => g.conv(g.input, [1, 3, 1, 1], { group: 0 })), /groups/],
  'a convolution of negative groups': [
    () => written((g) => g.node('Conv', [g.input, g.weights([4, 3, 1, 1])], { group: -1 })),
    /groups/,
  ],
  'a convolution of no outputs': [
    () => written((g) => g.node('Conv', [g.input, g.constant({ shape: [0, 3, 1, 1], values: [] })])),
    /./,
  ],
  'a dense layer of no outputs': [
    () =>
      written((g) => g.node('MatMul', [g.input, g.constant({ shape: [4, 0], values: [] })]), {
        input: ['N', 4],
      }),
    /./,
  ],
  'pooling of a huge kernel': [
    () =>
      written((g) =>
        g.node('MaxPool', [g.input], {
          kernel_shape: [2 ** 40, 2 ** 40],
          pads: [2 ** 40, 2 ** 40, 2 ** 40, 2 ** 40],
        }),
      ),
    /./,
  ],
  'pooling of a negative kernel': [
    () => written((g) => g.node('MaxPool', [g.input], { kernel_shape: [-1, -1], strides: [-1, -1] })),
    /./,
  ],
  'padding of 2^40 channels': [() => written((g) => g.pad(g.input, [0, 2 ** 40, 0, 0, 0, 0, 0, 0])), /./],
  'a shape of many sizes': [
    () => written((g) => g.reshape(g.input, ...new Array<number>(60).fill(1), -1)),
    /./,
  ],
  'a list of 60,000 axes': [
    () =>
      written((g) => g.node('Transpose', [g.input], { perm: Array.from({ length: 60_000 }, (_, i) => i) })),
    /has 60000 numbers in perm/,
  ],
  '200,000 strides': [
    () => written((g) => g.conv(g.input, [1, 3, 1, 1], { strides: new Array<number>(2e5).fill(1) })),
    /an attribute has/,
  ],
  'a node that reads its own output': [() => graphOf([['Relu', ['y'], ['y']]]), /depends on its own output/],
  'two nodes that read each other': [
    () =>
      graphOf([
        ['Add', ['x', 'b'], ['a']],
        ['Relu', ['a'], ['b']],
        ['Relu', ['b'], ['y']],
      ]),
    /depends on its own output/,
  ],
  'a value that two nodes give': [
    () =>
      graphOf([
        ['Relu', ['x'], ['y']],
        ['Tanh', ['x'], ['y']],
      ]),
    /two nodes of the graph give "y"/,
  ],
  'a node that gives the input': [
    () =>
      graphOf([
        ['Relu', ['x'], ['x']],
        ['Tanh', ['x'], ['y']],
      ]),
    /two nodes of the graph give "x"/,
  ],
  'two initializers of one name': [
    () => graphOf([['MatMul', ['x', 'w'], ['y']]], [matrix('w'), matrix('w')]),
    /two initializers have the name "w"/,
  ],
  'an input that nothing gives': [
    () => graphOf([['Add', ['x', 'nothing'], ['y']]]),
    /reads "nothing", which no node gives/,
  ],
  'an output that nothing gives': [() => graphOf([['Relu', ['x'], ['z']]]), /output "y" does not depend/],
  'an output that is the input': [() => written((g) => g.input), /computes nothing/],
  'an output that is an initializer': [
    () => written((g) => g.weights([3, 3])),
    /does not depend on the input/,
  ],
  'no outputs': [() => written(() => []), /has no output/],
  'two outputs': [() => written((g) => [g.relu(g.input), g.relu(g.input)]), /has 2 outputs/],
  'nodes without inputs': [
    () =>
      graphOf([
        ['Relu', [], ['y']],
        ['Conv', [], ['z']],
      ]),
    /./,
  ],
  'every operator without inputs': [() => graphOf([['Add', ['', ''], ['y']]]), /./],
  'a node without outputs': [() => graphOf([['Relu', ['x'], []]]), /./],
  'names like those of an object': [
    () =>
      graphOf([
        ['constructor', ['x'], ['a']],
        ['__proto__', ['a'], ['b']],
        ['toString', ['b'], ['y']],
      ]),
    /operators that are not supported: constructor \(1/,
  ],
  'an operator of another domain': [
    () =>
      modelProto(13, {
        nodes: [nodeProto({ operator: 'Relu', inputs: ['x'], outputs: ['y'], domain: 'com.microsoft' })],
        ...{ initializers: [], inputs: [valueProto('x', ['N', 4])], outputs: [valueProto('y')] },
      }),
    /com.microsoft.Relu/,
  ],
  'names with control characters': [
    () =>
      graphOf([
        ['No\n\0such', ['x'], ['y\u001b[31m']],
        ['Relu', ['y\u001b[31m'], ['y']],
      ]),
    /not supported: No/,
  ],
  'a chain of 30,000 activations': [
    () => written((g) => g.gemm(repeated(30_000, g.input, g.relu), 4, 2), { input: ['N', 4] }),
    undefined,
  ],
  'a chain of 30,000 reshapes': [
    () =>
      written(
        (g) =>
          g.gemm(
            repeated(30_000, g.input, (x) => g.node('Identity', [x])),
            4,
            2,
          ),
        { input: ['N', 4] },
      ),
    undefined,
  ],
  'a chain of 5,000 layers': [
    () =>
      written(
        (g) => {
          const w = g.weights([4, 4]);
          return g.gemm(
            repeated(5000, g.input, (x) => g.node('Tanh', [g.node('MatMul', [x, w])])),
            4,
            2,
          );
        },
        { input: ['N', 4] },
      ),
    undefined,
  ],
  'sums that double 200 times': [
    () =>
      written(
        (g) =>
          g.gemm(
            repeated(200, g.input, (x) => g.node('Add', [x, x])),
            4,
            2,
          ),
        { input: ['N', 4] },
      ),
    /./,
  ],
  'tensors that double 60 times': [
    () =>
      written((g) =>
        repeated(60, g.node('Flatten', [g.input]), (x) => g.node('Concat', [x, x], { axis: 1 })),
      ),
    /./,
  ],
  'one matrix that 5,000 layers read': [
    () =>
      written(
        (g) => {
          const w = g.weights([1024, 1024]);
          return repeated(5000, g.input, (x) => g.node('MatMul', [x, w]));
        },
        { input: ['N', 1024] },
      ),
    /./,
  ],
  'one matrix that 3,000 layers with a normalisation read': [
    () =>
      written(
        (g) => {
          const w = g.weights([1024, 1024]);
          return repeated(3000, g.input, (x) => g.batchNorm(g.node('Gemm', [x, w], { transB: 1 }), 1024));
        },
        { input: ['N', 1024] },
      ),
    /./,
  ],
  'a slope of a million numbers that 5,000 nodes read': [
    () =>
      written(
        (g) => {
          const slope = g.constant({ shape: [1e6], values: new Float32Array(1e6) });
          return repeated(5000, g.input, (x) => g.node('PRelu', [x, slope]));
        },
        { input: ['N', 1e6] },
      ),
    /./,
  ],
  'a name of a megabyte': [
    () => graphOf([['Relu', ['x'], ['y'.repeat(1e6)]]]),
    /text at byte \d+ has 1000000 bytes/,
  ],
  'weights that are not finite': [
    () =>
      graphOf(
        [['MatMul', ['x', 'w'], ['y']]],
        [{ ...matrix('w'), values: new Float32Array(12).fill(Infinity) }],
      ),
    /holds Infinity/,
  ],
  'weights that are no numbers': [
    () =>
      graphOf([['MatMul', ['x', 'w'], ['y']]], [{ ...matrix('w'), values: new Float32Array(12).fill(NaN) }]),
    /"?w"? holds/,
  ],
  'a sparse tensor': [
    () => {
      const graph = messageField(
        7,
        messageField(1, textField(1, 'x'), textField(2, 'y'), textField(4, 'Relu')),
        messageField(15, integersField(1, [4])),
        bytesField(11, valueProto('x', ['N', 4])),
        bytesField(12, valueProto('y')),
      );
      return message(integerField(1, 8), graph, messageField(8, integerField(2, 13)));
    },
    /./,
  ],
  'version 6 of the operators': [() => written((g) => g.relu(g.input), { opset: 6 }), /version 6/],
  'version 99 of the operators': [() => written((g) => g.relu(g.input), { opset: 99 }), /version 99/],
  'messages in messages, 100,000 deep': [
    () => {
      let deep = new Uint8Array(0);
      for (let i = 0; i < 3000; i++) deep = message(bytesField(7, deep)) as Uint8Array<ArrayBuffer>;
      return message(integerField(1, 8), bytesField(7, deep));
    },
    /./,
  ],
};

for (const [name, [bytes, pattern]] of Object.entries(HOSTILE)) {
  test(`hostile: ${name}`, () => {
    const message = refusal(bytes(), name);
    if (pattern === undefined) assert.is(message, undefined);
    else assert.match(message ?? 'it was read', pattern);
  });
}

for (const location of ['../x', '/etc/passwd', 'C:\\x', 'w\0', '..', 'a/../../b']) {
  test(`hostile: weights in ${JSON.stringify(location)}`, () => {
    const placement = { kind: 'external', location, offset: 0 } as const;
    const file = graphOf([['MatMul', ['x', 'w'], ['y']]], [{ ...matrix('w'), placement }]);
    assert.match(refusal(file, location) ?? 'it was read', /no file beside it/);
  });
}

test('hostile: weights beyond the end of a file beside it', () => {
  for (const [offset, length] of [
    [0, 1e14],
    [1e14, 48],
    [1, 48],
    [49, 0],
  ] as const) {
    const placement = { kind: 'external', location: 'w', offset, length } as const;
    const file = graphOf([['MatMul', ['x', 'w'], ['y']]], [{ ...matrix('w'), placement }]);
    try {
      modelFromOnnx(file, {}, new Map([['w', new Uint8Array(48)]]));
      assert.unreachable('it was read');
    } catch (error) {
      assert.ok(error instanceof MasksearchError && error.code === 'bad-input', String(error));
    }
  }
});

test('all of this took less than 1 GB', () => {
  console.log(`${files} files; the slowest, ${slowest.what}, took ${Math.round(slowest.ms)} ms`);
  assert.ok(files >= 500);
  const bytes = 1024 * process.resourceUsage().maxRSS;
  console.log(`${Math.round(bytes / 1e6)} MB at the most`);
  assert.ok(bytes < MAX_BYTES, `${bytes} bytes`);
});

test.run();
