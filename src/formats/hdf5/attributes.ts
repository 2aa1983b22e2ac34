/** Attributes of an object that are texts. */
import { elementsIn } from '../arrays/array.ts';
import { MESSAGE, type Message } from './object-header.ts';
import { damaged, type Hdf5Reader } from './reader.ts';
import { shapeAt, typeAt } from './types.ts';

/** The texts of an attribute, of which a single value has one; undefined if the object has none of that name, or no texts. */
export function textsOf(
  reader: Hdf5Reader,
  messages: readonly Message[],
  wanted: string,
): readonly string[] | undefined {
  for (const { type, begin, isShared } of messages) {
    if (type !== MESSAGE.attribute || isShared) continue;
    reader.step();
    const version = reader.u8(begin);
    if (version < 1 || version > 3) throw damaged(`has an attribute of version ${version} at byte ${begin}`);
    const padded = (length: number) => (version === 1 ? Math.ceil(length / 8) * 8 : length);
    const [nameBytes, typeBytes, spaceBytes] = [2, 4, 6].map((field) => reader.u16(begin + field));
    const nameStart = begin + (version === 3 ? 9 : 8);
    if (reader.text(nameStart, nameBytes!) !== wanted) continue;
    const typeStart = nameStart + padded(nameBytes!);
    const spaceStart = typeStart + padded(typeBytes!);
    return textsAt(reader, { typeStart, spaceStart, dataStart: spaceStart + padded(spaceBytes!) });
  }
  return undefined;
}

interface Places {
  readonly typeStart: number;
  readonly spaceStart: number;
  readonly dataStart: number;
}

function textsAt(
  reader: Hdf5Reader,
  { typeStart, spaceStart, dataStart }: Places,
): readonly string[] | undefined {
  const type = typeAt(reader, typeStart);
  const count = elementsIn(shapeAt(reader, spaceStart));
  if (type.kind === 'text') {
    reader.check(dataStart, count * Math.max(1, type.bytes));
    return Array.from({ length: count }, (_, i) => reader.text(dataStart + i * type.bytes, type.bytes));
  }
  if (type.kind !== 'longText') return undefined;
  reader.check(dataStart, count * 16);
  return Array.from({ length: count }, (_, i) => longTextAt(reader, dataStart + 16 * i));
}

/** A text in a global heap. */
function longTextAt(reader: Hdf5Reader, at: number): string {
  const [length, heap, index] = [reader.u32(at), reader.u64(at + 4), reader.u32(at + 12)];
  if (length === 0) return '';
  reader.signature(heap, 'GCOL');
  const end = heap + reader.u64(heap + 8);
  for (let object = heap + 16; object + 16 <= end;) {
    reader.step();
    const found = reader.u16(object);
    if (found === 0) break;
    const bytes = reader.u64(object + 8);
    if (found === index) {
      if (length > bytes) throw damaged(`has a text of ${length} bytes in ${bytes} at ${object}`);
      return reader.text(object + 16, length);
    }
    object += 16 + Math.ceil(bytes / 8) * 8;
  }
  throw damaged(`has no text ${index} in its heap at byte ${heap}`);
}
