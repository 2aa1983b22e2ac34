/** An ONNX file whose weights each run gives. */
import { decodeTensor } from '../../../../src/formats/onnx/decode-tensor.ts';
import { fieldsIn } from '../../../../src/formats/protobuf/reader.ts';
import {
  bytesField,
  integerField,
  joined,
  messageField,
  textField,
} from '../../../../src/formats/protobuf/writer.ts';

interface Input {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Fields of a ModelProto and a GraphProto. */
const GRAPH = 7;
const INITIALIZER = 5;

/** `file` with inputs in place of the initializers of these names. */
export function withInputs(file: Uint8Array, inputs: readonly Input[]): Uint8Array {
  const names = new Set(inputs.map(({ name }) => name));
  const parts: Uint8Array[] = [];
  for (const field of fieldsIn(file, { begin: 0, end: file.length })) {
    const { number, tag, end } = field;
    if (number !== GRAPH) {
      parts.push(file.subarray(tag, end));
      continue;
    }
    const kept = [...fieldsIn(file, field)].filter(
      (own) => own.number !== INITIALIZER || !names.has(decodeTensor(file, own).name),
    );
    const graph = kept.map((own) => file.subarray(own.tag, own.end));
    parts.push(...bytesField(GRAPH, joined([...graph, ...inputs.flatMap(inputField)])));
  }
  return joined(parts);
}

/** A ValueInfoProto of float32. */
function inputField({ name, shape }: Input): readonly Uint8Array[] {
  const sizes = shape.map((size) => messageField(1, integerField(1, size)));
  const tensor = messageField(1, integerField(1, 1), messageField(2, ...sizes));
  return messageField(11, textField(1, name), messageField(2, tensor));
}
