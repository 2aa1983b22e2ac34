/** The numbers of a tensor, and a file with other numbers in their place. */
import { MasksearchError } from '../../core/error.ts';
import type { Numbers } from '../arrays/array.ts';
import { decodeNumbers, ELEMENT_BYTES } from '../arrays/numbers.ts';
import { damagedMessage, packedIntegers, type ByteRange } from '../protobuf/reader.ts';
import { joined } from '../protobuf/writer.ts';
import { shown } from '../safetensors/header.ts';
import type { OnnxTensor, TensorData } from './messages.ts';

/** Files beside the model that hold tensors, by the location that the model names. */
export type ExternalFiles = ReadonlyMap<string, Uint8Array>;

/** Elements of `tensor`, row-major; integers of 64 bits rounded to float64. They share the file's memory where they can. */
export function tensorNumbers(tensor: OnnxTensor, file: Uint8Array, external: ExternalFiles): Numbers {
  const { type, data } = tensor;
  switch (data.kind) {
    case 'fixed':
      return decodeNumbers(piecesOf(file, data.pieces), type);
    case 'external':
      return decodeNumbers(externalBytes(tensor, data, external), type);
    case 'varints':
      return fromVarints(file, tensor, data.pieces);
  }
}

const piecesOf = (file: Uint8Array, pieces: readonly ByteRange[]): Uint8Array => {
  const [first, ...rest] = pieces.map(({ begin, end }) => file.subarray(begin, end));
  return rest.length === 0 ? (first ?? new Uint8Array()) : joined([first!, ...rest]);
};

/** The bytes of an external tensor: a part of the file beside the model. */
export function externalBytes(
  { name, shape, type }: OnnxTensor,
  { location, offset, length }: Extract<TensorData, { kind: 'external' }>,
  external: ExternalFiles,
): Uint8Array {
  const file = external.get(location);
  if (!file)
    throw new MasksearchError(
      'bad-input',
      `the weights are in a file of their own, ${shown(location)}, which is missing`,
      'put it beside the model',
    );
  const needed = shape.reduce((product, size) => product * size, ELEMENT_BYTES[type]);
  const found = length ?? file.length - offset;
  if (found !== needed && !(length === undefined && found >= needed))
    throw damagedMessage(
      `tensor ${shown(name)} has ${found} bytes in ${shown(location)}, it needs ${needed}`,
    );
  if (offset + needed > file.length)
    throw damagedMessage(
      `tensor ${shown(name)} ends at byte ${offset + needed} of ${shown(location)}, which has ${file.length}`,
    );
  return file.subarray(offset, offset + needed);
}

function fromVarints(file: Uint8Array, { shape, type }: OnnxTensor, pieces: readonly ByteRange[]): Numbers {
  const numbers = new Float64Array(shape.reduce((product, size) => product * size, 1));
  let i = 0;
  for (const piece of pieces) for (const value of packedIntegers(file, piece)) numbers[i++] = value;
  // Their bits are what is stored.
  return type === 'float16' || type === 'bfloat16'
    ? decodeNumbers(new Uint8Array(Uint16Array.from(numbers).buffer), type)
    : numbers;
}
