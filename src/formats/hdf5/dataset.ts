/** Where the numbers of a dataset lie, or what they are if it is in chunks. */
import { MasksearchError } from '../../core/error.ts';
import { elementsIn } from '../arrays/array.ts';
import { ELEMENT_BYTES, type ElementType } from '../arrays/numbers.ts';
import { shown } from '../safetensors/header.ts';
import { readChunks } from './chunks.ts';
import { isReplaceable } from './contiguous.ts';
import { MESSAGE, type Message } from './object-header.ts';
import { damaged, type Hdf5Reader } from './reader.ts';
import { shapeAt, typeAt } from './types.ts';

export interface Dataset {
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly bigEndian: boolean;
  /** What holds its numbers: the file, or memory of its own if it is in chunks. */
  readonly bytes: Uint8Array;
  /** First byte of its numbers there, which are contiguous, row-major. */
  readonly begin: number;
  /** The messages of its header if it is in chunks. */
  readonly chunked?: readonly Message[];
}

/** Throws 'bad-input' for damage, other elements than numbers, and filters and indexes of chunks that are not read. */
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
  const elementBytes = ELEMENT_BYTES[type.type];
  const bytes = elementsIn(shape) * elementBytes;
  const layout = found(MESSAGE.layout);
  const begin = bytes === 0 ? 0 : startOf(reader, layout, bytes, name);
  const dataset = { shape, type: type.type, bigEndian: type.bigEndian };
  if (begin !== undefined) {
    reader.check(begin, bytes);
    return { ...dataset, bytes: reader.file, begin };
  }
  if (!isReplaceable(layout)) throw damaged(`has a layout of chunks in too few bytes at ${layout.begin}`);
  const data = readChunks(reader, messages, { shape, elementBytes, layout });
  if (typeof data === 'string')
    throw refused(name, data, 'load the model in Keras and save it again, which makes no chunks');
  return { ...dataset, bytes: data, begin: 0, chunked: messages };
}

/** Undefined for a dataset in chunks. */
function startOf(reader: Hdf5Reader, { begin }: Message, bytes: number, name: string): number | undefined {
  const version = reader.u8(begin);
  const isOld = version === 1 || version === 2;
  if (!isOld && !(version >= 3 && version <= 5))
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
  if (layout === 2) return undefined;
  throw refused(name, `is stored in the layout ${layout}`, 'save the model again with Keras');
}

const refused = (name: string, why: string, fix: string) =>
  new MasksearchError('bad-input', `dataset ${shown(name)} of the HDF5 file ${why}`, fix);
