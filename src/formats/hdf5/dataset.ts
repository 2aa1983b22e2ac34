/** Where the numbers of a dataset lie. */
import { MasksearchError } from '../../core/error.ts';
import { elementsIn } from '../arrays/array.ts';
import { ELEMENT_BYTES, type ElementType } from '../arrays/numbers.ts';
import { shown } from '../safetensors/header.ts';
import { MESSAGE, type Message } from './object-header.ts';
import { damaged, type Hdf5Reader } from './reader.ts';
import { shapeAt, typeAt } from './types.ts';

export interface Dataset {
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly bigEndian: boolean;
  /** First byte of its numbers in the file, which are contiguous, row-major. */
  readonly begin: number;
}

/** Throws 'bad-input' for damage, other elements than numbers, and numbers that are in chunks or compressed. */
export function datasetOf(reader: Hdf5Reader, messages: readonly Message[], name: string): Dataset {
  const found = (type: number) => {
    const message = messages.find((one) => one.type === type);
    if (!message) throw damaged(`has no dataset at ${shown(name)}`);
    if (message.isShared)
      throw refused(name, 'has a type of its own name', 'save the model again with Keras');
    return message;
  };
  const shape = shapeAt(reader, found(MESSAGE.dataspace).begin);
  const type = typeAt(reader, found(MESSAGE.datatype).begin);
  if (type.kind !== 'number')
    throw refused(
      name,
      `holds elements of another type than numbers, ${'what' in type ? type.what : 'text'}`,
      'save the model again with Keras',
    );
  const bytes = elementsIn(shape) * ELEMENT_BYTES[type.type];
  const begin = bytes === 0 ? 0 : startOf(reader, found(MESSAGE.layout), bytes, name);
  reader.check(begin, bytes);
  return { shape, type: type.type, bigEndian: type.bigEndian, begin };
}

function startOf(reader: Hdf5Reader, { begin }: Message, bytes: number, name: string): number {
  const version = reader.u8(begin);
  const isOld = version === 1 || version === 2;
  if (!isOld && version !== 3 && version !== 4)
    throw damaged(`has a data layout of version ${version} at byte ${begin}`);
  const layout = reader.u8(begin + (isOld ? 2 : 1));
  if (layout === 1) {
    const announced = isOld ? bytes : reader.u64(begin + 10);
    if (announced < bytes)
      throw damaged(`announces ${announced} bytes for ${shown(name)}, it needs ${bytes}`);
    return reader.u64(begin + (isOld ? 8 : 2));
  }
  if (layout === 0 && !isOld) {
    const announced = reader.u16(begin + 2);
    if (announced < bytes)
      throw damaged(`announces ${announced} bytes for ${shown(name)}, it needs ${bytes}`);
    return begin + 4;
  }
  throw refused(
    name,
    'is stored in chunks, which are not read',
    'load the model in Keras and save it again, without compression',
  );
}

const refused = (name: string, why: string, fix: string) =>
  new MasksearchError('bad-input', `dataset ${shown(name)} of the HDF5 file ${why}`, fix);
