/** Shapes and element types of datasets and attributes. */
import type { ElementType } from '../arrays/numbers.ts';
import { damaged, type Hdf5Reader } from './reader.ts';

export type Hdf5Type =
  | { readonly kind: 'number'; readonly type: ElementType; readonly bigEndian: boolean }
  /** Of a fixed number of bytes. */
  | { readonly kind: 'text'; readonly bytes: number }
  /** A length and a place in a heap. */
  | { readonly kind: 'longText' }
  | { readonly kind: 'other'; readonly what: string };

const CLASSES = [
  ...['integer', 'float', 'time', 'text', 'bit field', 'opaque', 'compound', 'reference', 'enumeration'],
  ...['list', 'array'],
];
/** Bits of exponent and fraction. */
const FLOATS: Readonly<Record<string, ElementType>> = {
  '2 5 10': 'float16',
  '2 8 7': 'bfloat16',
  '4 8 23': 'float32',
  '8 11 52': 'float64',
};

export function typeAt(reader: Hdf5Reader, at: number): Hdf5Type {
  reader.step();
  const kind = reader.u8(at) & 15;
  const bits = reader.u8(at + 1);
  const bytes = reader.u32(at + 4);
  const other: Hdf5Type = { kind: 'other', what: `${CLASSES[kind] ?? 'unknown'} of ${bytes} bytes` };
  switch (kind) {
    case 0: {
      const name = `${bits & 8 ? '' : 'u'}int${8 * bytes}`;
      return isInteger(name) ? { kind: 'number', type: name, bigEndian: (bits & 1) !== 0 } : other;
    }
    case 1: {
      const type = FLOATS[`${bytes} ${reader.u8(at + 13)} ${reader.u8(at + 15)}`];
      // Bit 6 is the order of bytes of a VAX.
      return type && (bits & 0x40) === 0 ? { kind: 'number', type, bigEndian: (bits & 1) !== 0 } : other;
    }
    case 3:
      return { kind: 'text', bytes };
    case 9:
      return (bits & 15) === 1 ? { kind: 'longText' } : other;
    default:
      return other;
  }
}

const INTEGERS = ['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64'] as const;
const isInteger = (name: string): name is (typeof INTEGERS)[number] =>
  (INTEGERS as readonly string[]).includes(name);

/** The sizes of a dataspace: none for a single value. Throws 'bad-input' for a damaged one. */
export function shapeAt(reader: Hdf5Reader, at: number): readonly number[] {
  reader.step();
  const [version, rank] = [reader.u8(at), reader.u8(at + 1)];
  if (version !== 1 && version !== 2) throw damaged(`has a dataspace of version ${version} at byte ${at}`);
  if (rank > 32) throw damaged(`has a dataspace of ${rank} axes at byte ${at}, at most 32 are allowed`);
  const sizes = at + (version === 1 ? 8 : 4);
  return Array.from({ length: rank }, (_, axis) => reader.u64(sizes + 8 * axis));
}
