/** Messages of onnx/onnx.proto3 as bytes, for files that tests write. */
import { encodeFloats } from '../../../src/formats/arrays/encode-floats.ts';
import type { ElementType } from '../../../src/formats/arrays/numbers.ts';
import {
  bytesField,
  floatField,
  integerField,
  integersField,
  joined,
  message,
  messageField,
  textField,
  varint,
  type FieldBytes,
} from '../../../src/formats/protobuf/writer.ts';

/** TensorProto.DataType. */
export const TYPE_CODES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const satisfies Readonly<Record<ElementType, number>>;

/** Where the numbers of a tensor are written: `typed` is the field of its type, packed or one field for each number. */
export type Placement =
  | { readonly kind: 'raw' }
  | { readonly kind: 'typed'; readonly packed: boolean }
  | {
      readonly kind: 'external';
      readonly location: string;
      readonly offset: number;
      readonly length?: number;
    };

export interface TensorOptions {
  readonly name?: string;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  /** Default: float32. */
  readonly type?: ElementType;
  /** Default: raw. */
  readonly placement?: Placement;
}

/** Stands for 2^63 - 1, which float64 does not have. */
export const INT64_MAX = 2 ** 63;

const INT64_MAX_VARINT = Uint8Array.of(...new Array<number>(8).fill(0xff), 0x7f);
const int64Field = (number: number, value: number): FieldBytes =>
  value === INT64_MAX ? [varint(number * 8), INT64_MAX_VARINT] : integerField(number, value);
const bigOf = (value: number) => (value === INT64_MAX ? 2n ** 63n - 1n : BigInt(value));

/** The numbers as little-endian bytes of a type. */
export function rawBytes(values: ArrayLike<number>, type: ElementType): Uint8Array {
  const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer as ArrayBuffer);
  switch (type) {
    case 'float32':
    case 'float64':
    case 'float16':
    case 'bfloat16':
      return encodeFloats(Float64Array.from(values), type);
    case 'int64':
    case 'uint64':
      return bytesOf(BigInt64Array.from(Array.from(values, bigOf)));
    case 'bool':
    case 'uint8':
      return Uint8Array.from(values);
    case 'int8':
      return bytesOf(Int8Array.from(values));
    case 'uint16':
      return bytesOf(Uint16Array.from(values));
    case 'int16':
      return bytesOf(Int16Array.from(values));
    case 'uint32':
      return bytesOf(Uint32Array.from(values));
    case 'int32':
      return bytesOf(Int32Array.from(values));
  }
}

/** Field of each type that is not raw, and one number of it as bytes with its wire type's tag. */
function typedFields(values: ArrayLike<number>, type: ElementType, packed: boolean): FieldBytes {
  const isHalf = type === 'float16' || type === 'bfloat16';
  const bits = isHalf ? Array.from(new Uint16Array(rawBytes(values, type).buffer)) : Array.from(values);
  const [number, size] =
    type === 'float32'
      ? [4, 4]
      : type === 'float64'
        ? [10, 8]
        : [type === 'int64' ? 7 : type === 'uint32' || type === 'uint64' ? 11 : 5, 0];
  if (size === 0)
    return packed
      ? bytesField(number, joined(bits.map(varint)))
      : bits.flatMap((value) => integerField(number, value));
  const bytes = rawBytes(values, type);
  if (packed) return bytesField(number, bytes);
  const tag = varint(number * 8 + (size === 4 ? 5 : 1));
  return bits.flatMap((_, i) => [tag, bytes.subarray(i * size, (i + 1) * size)]);
}

/** A TensorProto. */
export function tensorProto(options: TensorOptions): Uint8Array {
  const { name = '', shape, values, type = 'float32', placement = { kind: 'raw' } } = options;
  const entry = (key: string, value: string) => messageField(13, textField(1, key), textField(2, value));
  const data = (): FieldBytes => {
    switch (placement.kind) {
      case 'raw':
        return bytesField(9, rawBytes(values, type));
      case 'typed':
        return typedFields(values, type, placement.packed);
      case 'external':
        return [
          entry('location', placement.location),
          entry('offset', String(placement.offset)),
          placement.length === undefined ? [] : entry('length', String(placement.length)),
          integerField(14, 1),
        ].flat();
    }
  };
  return message(integersField(1, shape), integerField(2, TYPE_CODES[type]), textField(8, name), data());
}

/** A whole number is an int, text a string, a list of numbers ints; floats are `float(x)` and `floats([x])`. */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: TensorOptions };
export type Attributes = Readonly<Record<string, AttributeValue>>;

export const float = (value: number) => ({ float: value });

/** An AttributeProto. */
export function attributeProto(name: string, value: AttributeValue): Uint8Array {
  const [type, fields] = attributeFields(value);
  return message(textField(1, name), fields, integerField(20, type));
}

function attributeFields(value: AttributeValue): readonly [type: number, fields: FieldBytes] {
  if (typeof value === 'number') return [2, integerField(3, value)];
  if (typeof value === 'string') return [3, textField(4, value)];
  if ('float' in value) return [1, floatField(2, value.float)];
  if ('floats' in value) return [6, value.floats.flatMap((one) => floatField(7, one))];
  if ('tensor' in value) return [4, bytesField(5, tensorProto(value.tensor))];
  return [7, value.flatMap((one) => int64Field(8, one))];
}

export interface NodeOptions {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Attributes;
  readonly name?: string;
  readonly domain?: string;
}

/** A NodeProto. */
export function nodeProto(options: NodeOptions): Uint8Array {
  const { operator, inputs, outputs, attributes = {}, name = '', domain = '' } = options;
  return message(
    ...inputs.map((input) => textField(1, input)),
    ...outputs.map((output) => textField(2, output)),
    textField(3, name),
    textField(4, operator),
    ...Object.entries(attributes).map(([key, value]) => bytesField(5, attributeProto(key, value))),
    domain === '' ? [] : textField(7, domain),
  );
}

/** A size, or the name of one that is open. */
export type Dimension = number | string;

/** A ValueInfoProto. */
export function valueProto(name: string, shape?: readonly Dimension[], type: ElementType = 'float32') {
  const dimensions = shape?.map((size) =>
    messageField(1, typeof size === 'number' ? integerField(1, size) : textField(2, size)),
  );
  const tensor = messageField(
    1,
    integerField(1, TYPE_CODES[type]),
    dimensions ? messageField(2, ...dimensions) : [],
  );
  return message(textField(1, name), messageField(2, tensor));
}

/** The parts of a GraphProto, each as bytes. */
export interface GraphParts {
  readonly nodes: readonly Uint8Array[];
  readonly initializers: readonly Uint8Array[];
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

/** A ModelProto. */
export function modelProto(opset: number, { nodes, initializers, inputs, outputs }: GraphParts): Uint8Array {
  return message(
    integerField(1, irVersion(opset)),
    textField(2, 'masksearch tests'),
    messageField(
      7,
      ...nodes.map((bytes) => bytesField(1, bytes)),
      textField(2, 'graph'),
      ...initializers.map((bytes) => bytesField(5, bytes)),
      ...inputs.map((bytes) => bytesField(11, bytes)),
      ...outputs.map((bytes) => bytesField(12, bytes)),
    ),
    messageField(8, textField(1, ''), integerField(2, opset)),
  );
}

/** Before version 4 of the format initializers had to be inputs too. */
export const irVersion = (opset: number) => (opset < 9 ? 3 : 8);
