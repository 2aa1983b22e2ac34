/** Hostile ONNX files; more in test/unit/formats/onnx/hostile.test.ts. */
import { bytesField, message, textField, varint } from '../../../../src/formats/protobuf/writer.ts';
import { modelProto, nodeProto, tensorProto, valueProto } from '../../onnx/proto.ts';
import { modelAttacks, type Files, type Rows } from './attack.ts';

const file = (bytes: Uint8Array): Files => ({ 'model.onnx': bytes });
const weights = (shape: readonly number[]) => ({ name: 'w', shape, values: new Float32Array(4) });
const graph = (shape: readonly number[]) => (): Files =>
  file(
    modelProto(13, {
      nodes: [nodeProto({ operator: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] })],
      initializers: [tensorProto(weights(shape))],
      inputs: [valueProto('x', ['N', 4])],
      outputs: [valueProto('y')],
    }),
  );
/** A message in a message. */
const nested = (field: number, levels: number): Uint8Array => {
  // From the inside: each level has the length of all within.
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let level = 0; level < levels; level++) {
    const head = Uint8Array.of(field * 8 + 2, ...varint(length));
    parts.push(head);
    length += head.length;
  }
  return Buffer.concat(parts.reverse());
};
const beside = (location: string) => (): Files => {
  const entry = (key: string, value: string) => message(textField(1, key), textField(2, value));
  const tensor = message(
    ...[[Uint8Array.of(8, 4)], [Uint8Array.of(8, 1)], [Uint8Array.of(16, 1)], textField(8, 'w')],
    ...[bytesField(13, entry('location', location)), [Uint8Array.of(0x70, 1)]],
  );
  return file(
    modelProto(13, {
      nodes: [nodeProto({ operator: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] })],
      initializers: [tensor],
      inputs: [valueProto('x', ['N', 4])],
      outputs: [valueProto('y')],
    }),
  );
};

const ROWS: Rows = {
  'an ONNX file whose length is 2^63': [
    () => file(Uint8Array.of(8, 8, 0x3a, ...Array<number>(8).fill(0xff), 0x7f)),
    /ONNX/,
  ],
  'an ONNX file with a number that does not end': [
    () => file(Uint8Array.of(8, ...Array<number>(1000).fill(0xff))),
    /ONNX/,
  ],
  'graphs in graphs, 100,000 deep': [() => file(Buffer.concat([Uint8Array.of(8, 8), nested(7, 1e5)])), /./],
  'weights of 2^60 numbers': [graph([2 ** 30, 2 ** 30]), /./],
  'weights of more numbers than float64 counts': [graph(Array<number>(32).fill(2 ** 40)), /./],
  'weights of -4 rows': [graph([-4, -1]), /./],
  ...Object.fromEntries(
    ['../../secret.bin', '/etc/passwd', '..', 'a/b.bin', 'C:\\b.bin'].map((path) => [
      `ONNX weights in ${path}`,
      [beside(path), /no file beside it/] as const,
    ]),
  ),
};

export const ONNX_ATTACKS = modelAttacks(ROWS);
