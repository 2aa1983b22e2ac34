/** The parts of an ONNX file as bytes; field numbers are those of onnx/onnx.proto3 of onnx/onnx (Apache-2.0). */
import {
  bytesField,
  floatField,
  integerField,
  integersField,
  message,
  messageField,
  textField,
  type FieldBytes,
} from '../../protobuf/writer.ts';

/** AttributeProto.AttributeType. */
const ATTRIBUTE_TYPE = { float: 1, int: 2, ints: 7 } as const;
/** TensorProto.DataType. */
const DATA_TYPE = { float32: 1, int64: 7 } as const;

export type AttributeValue =
  { readonly float: number } | { readonly int: number } | { readonly ints: readonly number[] };

export interface OperatorCall {
  readonly operator: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** A NodeProto. */
export function encodeNode({ operator, name, inputs, output, attributes }: OperatorCall): Uint8Array {
  return message(
    ...inputs.map((input) => textField(1, input)),
    textField(2, output),
    textField(3, name),
    textField(4, operator),
    ...Object.entries(attributes).map(([key, value]) =>
      messageField(5, textField(1, key), ...valueOf(value)),
    ),
  );
}

function valueOf(value: AttributeValue): readonly FieldBytes[] {
  if ('float' in value) return [floatField(2, value.float), integerField(20, ATTRIBUTE_TYPE.float)];
  if ('int' in value) return [integerField(3, value.int), integerField(20, ATTRIBUTE_TYPE.int)];
  return [integersField(8, value.ints), integerField(20, ATTRIBUTE_TYPE.ints)];
}

/** A TensorProto of float32. */
export function encodeFloatTensor(
  name: string,
  shape: readonly number[],
  values: Float32Array,
): readonly FieldBytes[] {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return tensor(name, shape, DATA_TYPE.float32, bytes);
}

/** A TensorProto of whole numbers, as a list. */
export function encodeIntegerTensor(name: string, values: readonly number[]): readonly FieldBytes[] {
  const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return tensor(name, [values.length], DATA_TYPE.int64, bytes);
}

const tensor = (
  name: string,
  shape: readonly number[],
  type: number,
  bytes: Uint8Array,
): readonly FieldBytes[] => [
  integersField(1, shape),
  integerField(2, type),
  textField(8, name),
  bytesField(9, bytes),
];

/** A ValueInfoProto of float32 whose first axis is the batch, of any size. */
export function encodeValue(name: string, shape: readonly number[]): Uint8Array {
  const axes = [textField(2, 'batch'), ...shape.map((size) => integerField(1, size))];
  return message(
    textField(1, name),
    messageField(
      2,
      messageField(
        1,
        integerField(1, DATA_TYPE.float32),
        messageField(2, ...axes.map((axis) => messageField(1, axis))),
      ),
    ),
  );
}
