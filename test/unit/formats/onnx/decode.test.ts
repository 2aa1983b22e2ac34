/** Bytes to an ONNX model: every form that a tensor may have, attributes, and what is damaged. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ElementType } from '../../../../src/formats/arrays/numbers.ts';
import { decodeOnnx } from '../../../../src/formats/onnx/decode.ts';
import { decodeTensor } from '../../../../src/formats/onnx/decode-tensor.ts';
import { externalLocations } from '../../../../src/formats/onnx/model.ts';
import { tensorNumbers } from '../../../../src/formats/onnx/tensor-numbers.ts';
import {
  bytesField,
  integerField,
  integersField,
  message,
  messageField,
  textField,
} from '../../../../src/formats/protobuf/writer.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { OnnxGraph } from '../../../helpers/onnx/graph.ts';
import {
  modelProto,
  nodeProto,
  rawBytes,
  tensorProto,
  TYPE_CODES,
  valueProto,
  type Placement,
} from '../../../helpers/onnx/proto.ts';

const FLOATS = [0, -0, 1, -1.5, 0.25, 65_504, -96, 2 ** -14, 3, 7];
const SIGNED = [0, 1, -1, 100, -128, 127, 3, -77, 12, 5];
/** Ten numbers of each type, exact in it. */
const VALUES: Readonly<Record<ElementType, readonly number[]>> = {
  float32: [...FLOATS.slice(0, 8), 1e-40, -3.4028234663852886e38].map(Math.fround),
  float64: [...FLOATS.slice(0, 8), 1e-300, Math.PI],
  float16: FLOATS,
  bfloat16: [0, -0, 1, -1.5, 0.25, 65_536, -96, 2 ** -14, 3, 1.0078125 * 2 ** 100],
  bool: [0, 1, 1, 0, 1, 0, 0, 1, 1, 1],
  uint8: [0, 255, 128, 127, 3, 4, 5, 6, 7, 8],
  int8: SIGNED,
  uint16: [0, 65_535, 32_768, 1, 2, 3, 4, 5, 6, 7],
  int16: [...SIGNED.slice(0, 8), -32_768, 32_767],
  uint32: [0, 2 ** 32 - 1, 2 ** 31, 1, 2, 3, 4, 5, 6, 7],
  int32: [...SIGNED.slice(0, 8), -(2 ** 31), 2 ** 31 - 1],
  uint64: [0, 2 ** 53 - 1, 2 ** 32, 1, 2, 3, 4, 5, 6, 7],
  int64: [...SIGNED.slice(0, 8), -(2 ** 53) + 1, 2 ** 53 - 1],
};

const PLACEMENTS: Readonly<Record<string, Placement>> = {
  raw: { kind: 'raw' },
  'typed, packed': { kind: 'typed', packed: true },
  'typed, not packed': { kind: 'typed', packed: false },
  external: { kind: 'external', location: 'weights.bin', offset: 3, length: 0 },
};

for (const [type, values] of Object.entries(VALUES) as [ElementType, readonly number[]][]) {
  for (const [name, placement] of Object.entries(PLACEMENTS)) {
    test(`${type}, ${name}`, () => {
      const raw = rawBytes(values, type);
      const place = placement.kind === 'external' ? { ...placement, length: raw.length } : placement;
      const shape = [2, 5];
      const bytes = tensorProto({ name: 'w', shape, values, type, placement: place });
      // Not at the start of the file, and so at an odd address.
      const file = Uint8Array.of(...new Array<number>(7).fill(0xff), ...bytes);
      const tensor = decodeTensor(file, { begin: 7, end: file.length });
      assert.equal([tensor.name, tensor.shape, tensor.type], ['w', shape, type]);
      const beside = new Map([['weights.bin', Uint8Array.of(9, 9, 9, ...raw, 9)]]);
      const numbers = Array.from(tensorNumbers(tensor, file, beside));
      assert.is(numbers.length, values.length);
      numbers.forEach((number, i) => assert.ok(Object.is(number, values[i]), `${number} for ${values[i]}`));
    });
  }
}

test('every type of the format that is read has numbers here', () => {
  assert.equal(Object.keys(VALUES).sort(), Object.keys(TYPE_CODES).sort());
});

test('a tensor of one number has no axes, one without elements no bytes', () => {
  const decoded = (shape: readonly number[], values: readonly number[]) => {
    const file = tensorProto({ shape, values });
    const tensor = decodeTensor(file, { begin: 0, end: file.length });
    return [tensor.shape, Array.from(tensorNumbers(tensor, file, new Map()))];
  };
  assert.equal(decoded([], [2.5]), [[], [2.5]]);
  assert.equal(decoded([0, 3], []), [[0, 3], []]);
});

const tensor = message;
const raw = (count: number) => bytesField(9, new Uint8Array(4 * count));
const float32 = integerField(2, 1);
const DAMAGED: Readonly<Record<string, readonly [file: Uint8Array, pattern: RegExp]>> = {
  'too few numbers': [tensor(integersField(1, [2, 3]), float32, raw(5)), /has 5 numbers, its shape needs 6/],
  'part of a number': [
    tensor(integersField(1, [1]), float32, bytesField(9, new Uint8Array(5))),
    /1.25 numbers/,
  ],
  'no numbers': [tensor(integersField(1, [2]), float32), /has 0 numbers/],
  'a negative size': [tensor(integersField(1, [-1]), float32, raw(0)), /has the shape/],
  'a product of sizes beyond 2^53': [
    tensor(integersField(1, [2 ** 30, 2 ** 30]), float32, raw(0)),
    /has the shape/,
  ],
  'a huge size': [tensor(integersField(1, [2 ** 40]), float32, raw(1)), /its shape needs 1099511627776/],
  'nine axes': [tensor(integersField(1, new Array<number>(9).fill(1)), float32, raw(1)), /more than 8 axes/],
  'text as elements': [tensor(integerField(2, 8), textField(8, 'w')), /"w" has elements of type 8/],
  'elements of no type': [tensor(raw(1)), /elements of type 0/],
  'whole numbers in place of floats': [
    tensor(integersField(1, [1]), float32, integerField(4, 5)),
    /numbers of another type/,
  ],
  'floats in place of whole numbers': [
    tensor(integersField(1, [1]), integerField(2, 7), [Uint8Array.of(7 * 8 + 5), new Uint8Array(4)]),
    /numbers of another type/,
  ],
  'raw data that is a number': [tensor(integersField(1, [1]), float32, integerField(9, 5)), /only bytes/],
};

for (const [name, [file, pattern]] of Object.entries(DAMAGED)) {
  test(`refuses a tensor with ${name}`, () =>
    assertBadInput(() => decodeTensor(file, { begin: 0, end: file.length }), pattern));
}

const external = (placement: Extract<Placement, { kind: 'external' }>) => {
  const file = tensorProto({ name: 'w', shape: [3], values: [], placement });
  return () =>
    tensorNumbers(
      decodeTensor(file, { begin: 0, end: file.length }),
      file,
      new Map([['w.bin', new Uint8Array(20)]]),
    );
};

test('external numbers end in their file, and have as many bytes as they need', async () => {
  const location = 'w.bin';
  assert.is(external({ kind: 'external', location, offset: 8, length: 12 })().length, 3);
  // Without a length up to the end.
  assert.is(external({ kind: 'external', location, offset: 4 })().length, 3);
  for (const [offset, length] of [
    [9, 12],
    [1e15 - 1, 12],
    [9, undefined],
    [30, undefined],
    [0, 8],
  ] as const)
    await assertBadInput(
      external({ kind: 'external', location, offset, ...(length !== undefined && { length }) }),
      /"w" (has -?\d+ bytes in|ends at byte \d+ of) "w.bin"/,
    );
  await assertBadInput(
    external({ kind: 'external', location: 'v.bin', offset: 0 }),
    /"v.bin", which is missing/,
  );
  const odd = { kind: 'external', location, offset: NaN } as const;
  await assertBadInput(external(odd), /has the offset "NaN"/);
});

const BAD_LOCATIONS = [
  ...['../x', '/etc/passwd', 'C:\\x', 'c:x', 'a\0b', 'a/../b', './x', 'a//b', '', 'a\\b', '..', 'line\nline'],
  'x'.repeat(256),
];
const fileWith = (location: string) => {
  const g = new OnnxGraph({ input: ['N', 4] });
  const placement = { kind: 'external', location, offset: 0 } as const;
  const w = g.constant({ shape: [4, 2], values: [], placement });
  return g.bytes(g.node('MatMul', [g.input, w]));
};

for (const location of BAD_LOCATIONS) {
  test(`refuses weights in ${JSON.stringify(location.slice(0, 20))}`, () =>
    assertBadInput(() => externalLocations(fileWith(location)), /which is no file beside it/));
}

test('names each file beside a model once', () => {
  assert.equal(externalLocations(fileWith('weights.bin')), ['weights.bin']);
  assert.equal(externalLocations(fileWith('weights 1.data')), ['weights 1.data']);
  const g = new OnnxGraph({ input: ['N', 4] });
  const placement = { kind: 'external', location: 'w', offset: 0 } as const;
  const constant = (shape: readonly number[]) =>
    g.node('Constant', [], { value: { tensor: { shape, values: [], placement } } });
  const x = g.node('MatMul', [g.input, constant([4, 3])]);
  assert.equal(externalLocations(g.bytes(g.node('MatMul', [x, constant([3, 2])]))), ['w']);
});

test('attributes of every kind', () => {
  const attributes = {
    whole: -3,
    float: { float: 0.5 },
    text: 'SAME_UPPER',
    list: [1, -2, 3],
    floats: { floats: [0.5, -2] },
    tensor: { tensor: { shape: [2], values: [1, 2] } },
  };
  const node = nodeProto({
    operator: 'Op',
    inputs: ['x', ''],
    outputs: ['y'],
    attributes,
    domain: 'ai.onnx',
  });
  const parts = { nodes: [node], initializers: [], inputs: [], outputs: [] };
  const { graph, opsets } = decodeOnnx(modelProto(13, parts));
  const [decoded] = graph.nodes;
  assert.equal([...opsets], [['', 13]]);
  assert.equal(
    [decoded!.operator, decoded!.domain, decoded!.inputs, decoded!.outputs],
    ['Op', '', ['x', ''], ['y']],
  );
  const found = [...decoded!.attributes].map(([name, attribute]) => [
    name,
    attribute.kind === 'tensor'
      ? attribute.value.shape
      : attribute.kind === 'other'
        ? undefined
        : attribute.value,
  ]);
  assert.equal(found, [
    ['whole', -3],
    ['float', 0.5],
    ['text', 'SAME_UPPER'],
    ['list', [1, -2, 3]],
    ['floats', [0.5, -2]],
    ['tensor', [2]],
  ]);
});

test('sizes of a value: fixed, named, and below 1', () => {
  const parts = {
    nodes: [],
    initializers: [],
    inputs: [valueProto('x', ['N', 3, -1, 0])],
    outputs: [valueProto('y')],
  };
  const { graph } = decodeOnnx(modelProto(13, parts));
  assert.equal(graph.inputs, [{ name: 'x', type: 'float32', shape: [undefined, 3, undefined, undefined] }]);
  assert.equal(graph.outputs, [{ name: 'y', type: 'float32', shape: undefined }]);
});

test('refuses bytes that are no model', async () => {
  await assertBadInput(() => decodeOnnx(new Uint8Array()), /no graph/);
  await assertBadInput(() => decodeOnnx(message(integerField(1, 8))), /no graph/);
  await assertBadInput(
    () => decodeOnnx(Uint8Array.of(8, 8, 0x3a, 100)),
    /the ONNX file is damaged: the field/,
  );
  const long = message(messageField(7, messageField(1, textField(4, 'x'.repeat(5000)))));
  await assertBadInput(() => decodeOnnx(long), /damaged: the text at byte \d+ has 5000 bytes/);
});

test.run();
