/** npy, NumPy's file of one array. */
import { MasksearchError } from '../../core/error.ts';
import { shown } from '../safetensors/header.ts';
import { checkArrayBytes, damagedFile, elementsIn, type DecodedArray, type NumberArray } from './array.ts';
import { parseNpyHeader } from './npy-header.ts';
import { decodeNumbers, ELEMENT_BYTES, type ElementType } from './numbers.ts';
import { permuted } from './permute.ts';
import { decodeTexts } from './texts.ts';

/** By NumPy's letter and number of bytes. */
const TYPES: Readonly<Record<string, ElementType>> = {
  ...{ b1: 'bool', u1: 'uint8', i1: 'int8', u2: 'uint16', i2: 'int16', u4: 'uint32', i4: 'int32' },
  ...{ u8: 'uint64', i8: 'int64', f2: 'float16', f4: 'float32', f8: 'float64' },
};

/** The array of an npy file, row-major. Throws 'bad-input' unless the file is exactly what its header says. */
export function decodeNpy(file: Uint8Array): DecodedArray {
  const { descr, fortranOrder, shape, dataStart } = parseNpyHeader(file);
  const [, order = '', letter = '', digits = ''] = /^([<>|]?)([a-zA-Z])(\d{0,9})$/.exec(descr) ?? [];
  const isText = (letter === 'U' || letter === 'S') && Number(digits) > 0;
  const type = Object.hasOwn(TYPES, letter + digits) ? TYPES[letter + digits] : undefined;
  if (type === undefined && !isText) throw unreadType(descr);
  const size = type === undefined ? Number(digits) * (letter === 'U' ? 4 : 1) : ELEMENT_BYTES[type];
  const data = file.subarray(dataStart);
  const expected = elementsIn(shape) * size;
  if (data.length !== expected) {
    throw damagedFile(
      `the npy file has ${data.length} bytes of data, its shape ${shown(shape)} in ${shown(descr)} allows ${expected}`,
    );
  }
  checkArrayBytes('the npy file', expected);
  const bigEndian = order === '>';
  if (type !== undefined) {
    const numbers = decodeNumbers(data, type, bigEndian);
    return fortranOrder ? rowMajor({ shape, numbers }) : { shape, numbers };
  }
  // The order of texts in one column or row is the same either way.
  if (fortranOrder && shape.filter((length) => length !== 1).length > 1) {
    throw damagedFile(`the npy file holds texts of shape ${shown(shape)}, only one text per image is read`);
  }
  return { shape, texts: decodeTexts(data, size, { wide: letter === 'U', bigEndian }) };
}

/** An array whose numbers have the first index innermost, with the last one innermost. */
function rowMajor({ shape, numbers }: NumberArray): NumberArray {
  const axes = shape.map((_, i) => shape.length - 1 - i);
  return { shape, numbers: permuted(numbers, shape.toReversed(), axes) };
}

function unreadType(descr: string): MasksearchError {
  const objects = /^[<>|]?O/.test(descr);
  return new MasksearchError(
    'bad-input',
    objects
      ? 'the npy file holds pickled Python objects, which are programs, only numbers and text are read'
      : `the npy file has the element type ${shown(descr)}, only booleans, whole numbers, floats of 2, 4 or 8 bytes and text are read`,
    'save the array with another type',
  );
}
