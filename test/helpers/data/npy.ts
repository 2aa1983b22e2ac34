/** npy and npz files, byte by byte, as NumPy writes them. */
import { crc32, deflateRawSync } from 'node:zlib';

type Numbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

export interface NpyFields {
  /** NumPy's name of the element type. */
  readonly descr: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
  readonly fortranOrder?: boolean;
  readonly version?: number;
}

export const bytesOf = ({ buffer, byteOffset, byteLength }: Numbers) =>
  new Uint8Array(buffer, byteOffset, byteLength).slice();

/** The bytes of each element in the opposite order. */
export function swapped(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.map((_, i) => bytes[i - (i % size) + size - 1 - (i % size)]!);
}

export function npy({ descr, shape, data, fortranOrder = false, version = 1 }: NpyFields): Uint8Array {
  const sizes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const order = fortranOrder ? 'True' : 'False';
  return npyOf(`{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${sizes}, }`, data, version);
}

/** An npy file with this text as its header. */
export function npyOf(header: string, data: Uint8Array, version = 1): Uint8Array {
  const lengthBytes = version === 1 ? 2 : 4;
  const start = 8 + lengthBytes;
  const length = Math.ceil((start + header.length + 1) / 64) * 64 - start;
  const head = Buffer.alloc(start);
  head.set([0x93, ...Buffer.from('NUMPY'), version, 0]);
  head.writeUIntLE(length, 8, lengthBytes);
  return Buffer.concat([head, Buffer.from(`${header.padEnd(length - 1)}\n`, 'latin1'), data]);
}

/** npy files of bytes, of float32 and of int64. */
export const npyBytes = (shape: readonly number[], data: ArrayLike<number>) =>
  npy({ descr: '|u1', shape, data: Uint8Array.from(data) });
export const npyFloats = (shape: readonly number[], data: ArrayLike<number>) =>
  npy({ descr: '<f4', shape, data: bytesOf(Float32Array.from(data)) });
export const npyWhole = (shape: readonly number[], data: ArrayLike<number>) =>
  npy({ descr: '<i8', shape, data: bytesOf(BigInt64Array.from(Array.from(data, BigInt))) });

/** Texts as NumPy's U: four bytes per character, padded with zeros. */
export function npyTexts(texts: readonly string[], bigEndian = false): Uint8Array {
  const size = Math.max(...texts.map((text) => [...text].length));
  const characters = texts.flatMap((text) => {
    const codes = [...text].map((character) => character.codePointAt(0)!);
    return [...codes, ...new Array<number>(size - codes.length).fill(0)];
  });
  const bytes = bytesOf(Uint32Array.from(characters));
  const data = bigEndian ? swapped(bytes, 4) : bytes;
  return npy({ descr: `${bigEndian ? '>' : '<'}U${size}`, shape: [texts.length], data });
}

export interface ZipFields {
  readonly deflate?: boolean;
  /** Changes the fields of the directory. */
  readonly change?: (directory: Buffer) => void;
}

/** An npz file of these npy files by the names of their arrays. */
export const npz = (arrays: Readonly<Record<string, Uint8Array>>, fields: ZipFields = {}) =>
  zip(Object.fromEntries(Object.entries(arrays).map(([name, file]) => [`${name}.npy`, file])), fields);

export function zip(
  files: Readonly<Record<string, Uint8Array>>,
  { deflate = false, change = () => undefined }: ZipFields = {},
): Uint8Array {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const data = deflate ? deflateRawSync(bytes) : bytes;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(deflate ? 8 : 0, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    // As NumPy does, an extra field in the local header alone.
    const local = Buffer.from(fields);
    local.writeUInt16LE(4, 24);
    const extra = Buffer.from([1, 0, 0, 0]);
    locals.push(Buffer.concat([Buffer.from('PK\x03\x04'), local, Buffer.from(name), extra, data]));
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    entries.push(
      Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.alloc(2), fields, rest, Buffer.from(name)]),
    );
    offset += locals.at(-1)!.length;
  }
  const directory = Buffer.concat(entries);
  change(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
