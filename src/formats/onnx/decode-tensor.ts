/** A TensorProto, whose numbers stay where they are. */
import {
  bytesRange,
  damagedMessage,
  fieldsIn,
  integerIn,
  integersIn,
  textIn,
  WIRE,
  type ByteRange,
  type Field,
} from '../protobuf/reader.ts';
import { MAX_NAME_LENGTH } from '../../network/network.ts';
import { MasksearchError } from '../../core/error.ts';
import { shown } from '../safetensors/header.ts';
import { ELEMENT_BYTES, type ElementType } from '../arrays/numbers.ts';
import { elementTypeOf, READ_TYPES, typedField } from './element-types.ts';
import type { OnnxTensor, TensorData } from './messages.ts';

const MAX_AXES = 8;
/** Bytes of a name or another text: a character has up to four. */
export const MAX_TEXT = 4 * MAX_NAME_LENGTH;
const RAW_DATA = 9;
/** TensorProto.DataLocation.EXTERNAL. */
const EXTERNAL = 1;

/** Throws 'bad-input' for one whose shape and numbers do not fit together. */
export function decodeTensor(file: Uint8Array, range: ByteRange): OnnxTensor {
  const shape: number[] = [];
  const external = new Map<string, string>();
  const values: Field[] = [];
  let name = '';
  let code = 0;
  let location = 0;
  for (const field of fieldsIn(file, range)) {
    switch (field.number) {
      case 1:
        for (const size of integersIn(file, field)) {
          shape.push(size);
          if (shape.length > MAX_AXES) throw damagedMessage(`a tensor has more than ${MAX_AXES} axes`);
        }
        break;
      case 2:
        code = integerIn(file, field);
        break;
      case 8:
        name = textIn(file, field, MAX_TEXT);
        break;
      case 13:
        external.set(...decodeEntry(file, bytesRange(field)));
        break;
      case 14:
        location = integerIn(file, field);
        break;
      default:
        values.push(field);
    }
  }
  const type = elementTypeOf(code);
  if (type === undefined)
    throw new MasksearchError(
      'bad-input',
      `tensor ${shown(name)} has elements of type ${code}, only ${READ_TYPES.join(', ')} are read`,
      'export the network in one of these',
    );
  const elements = elementsIn(name, shape);
  const data = location === EXTERNAL ? externalData(name, external) : dataOf(name, type, values);
  checkSize(file, { name, shape, type, data }, elements);
  return { name, shape, type, data };
}

function elementsIn(name: string, shape: readonly number[]): number {
  const elements = shape.reduce((product, size) => product * size, 1);
  if (shape.every((size) => size >= 0) && Number.isSafeInteger(elements)) return elements;
  throw damagedMessage(`tensor ${shown(name)} has the shape ${shown(shape)}`);
}

/** A StringStringEntryProto. */
function decodeEntry(file: Uint8Array, range: ByteRange): readonly [string, string] {
  let key = '';
  let value = '';
  for (const field of fieldsIn(file, range)) {
    if (field.number === 1) key = textIn(file, field, MAX_TEXT);
    if (field.number === 2) value = textIn(file, field, MAX_TEXT);
  }
  return [key, value];
}

/** Raw bytes, or the field of the type. */
function dataOf(name: string, type: ElementType, fields: readonly Field[]): TensorData {
  const raw = fields.filter(({ number }) => number === RAW_DATA).at(-1);
  if (raw) return { kind: 'fixed', pieces: [bytesRange(raw)] };
  const own = typedField(type);
  const pieces = fields.filter(({ number }) => number === own.number);
  const single = own.isVarint ? WIRE.varint : type === 'float64' ? WIRE.fixed64 : WIRE.fixed32;
  if (!pieces.every(({ wire }) => wire === WIRE.bytes || wire === single))
    throw damagedMessage(`tensor ${shown(name)} holds numbers of another type than it says`);
  return {
    kind: own.isVarint ? 'varints' : 'fixed',
    pieces: pieces.map(({ begin, end }) => ({ begin, end })),
  };
}

function externalData(name: string, entries: ReadonlyMap<string, string>): TensorData {
  const number = (key: string): number | undefined => {
    const text = entries.get(key);
    if (text === undefined) return undefined;
    if (/^\d{1,15}$/.test(text)) return Number(text);
    throw damagedMessage(`tensor ${shown(name)} has the ${key} ${shown(text)}`);
  };
  return {
    kind: 'external',
    location: entries.get('location') ?? '',
    offset: number('offset') ?? 0,
    length: number('length'),
  };
}

function checkSize(file: Uint8Array, { name, type, data }: OnnxTensor, elements: number): void {
  if (data.kind === 'external') return;
  const found =
    data.kind === 'fixed'
      ? data.pieces.reduce((sum, { begin, end }) => sum + end - begin, 0) / ELEMENT_BYTES[type]
      : data.pieces.reduce((sum, piece) => sum + varintsIn(file, piece), 0);
  if (found !== elements)
    throw damagedMessage(`tensor ${shown(name)} has ${found} numbers, its shape needs ${elements}`);
}

/** A varint ends with a byte below 128. */
function varintsIn(file: Uint8Array, { begin, end }: ByteRange): number {
  let count = 0;
  for (let at = begin; at < end; at++) count += Number(file[at]! < 0x80);
  return count;
}
