/** The filters that chunks of a dataset went through: deflate, shuffle and fletcher32 are undone, others refused. */
import { damagedFile } from '../arrays/array.ts';
import { inflate } from '../arrays/inflate.ts';
import { fletcher32 } from './checksum.ts';
import type { Message } from './object-header.ts';
import { damaged, type Hdf5Reader } from './reader.ts';

const DEFLATE = 1;
const SHUFFLE = 2;
const FLETCHER32 = 3;
const NAMES: Readonly<Record<number, string>> = {
  ...{ 4: 'szip', 5: 'nbit', 6: 'scaleoffset', 32000: 'lzf', 32001: 'blosc', 32004: 'lz4', 32015: 'zstd' },
};
const KNOWN = [DEFLATE, SHUFFLE, FLETCHER32];

const CHECKSUM_BYTES = 4;

export interface Filter {
  readonly id: number;
  /** Bytes of the elements that a shuffle took apart. */
  readonly elementBytes: number;
}

/** The filters in the order in which the writer applied them. Throws 'bad-input' for damage; see `unknownFilter`. */
export function filtersAt(reader: Hdf5Reader, { begin }: Message): readonly Filter[] {
  const version = reader.u8(begin);
  if (version !== 1 && version !== 2) throw damaged(`has filters of version ${version} at byte ${begin}`);
  let at = begin + (version === 1 ? 8 : 2);
  const filters = Array.from({ length: reader.u8(begin + 1) }, (): Filter => {
    reader.step();
    const id = reader.u16(at);
    const hasName = version === 1 || id >= 256;
    const nameBytes = hasName ? reader.u16(at + 2) : 0;
    const values = reader.u16(at + (hasName ? 6 : 4));
    at += (hasName ? 8 : 6) + (version === 1 ? Math.ceil(nameBytes / 8) * 8 : nameBytes);
    const elementBytes = values > 0 ? reader.u32(at) : 1;
    at += 4 * (version === 1 ? Math.ceil(values / 2) * 2 : values);
    return { id, elementBytes };
  });
  if (new Set(filters.map(({ id }) => id)).size < filters.length)
    throw damaged(`applies a filter twice, at byte ${begin}`);
  return filters;
}

/** The name of the first filter that cannot be undone. */
export function unknownFilter(filters: readonly Filter[]): string | undefined {
  const found = filters.find(({ id }) => !KNOWN.includes(id));
  return found && (NAMES[found.id] ?? `number ${found.id}`);
}

/**
 * The bytes of a chunk before the filters. Throws 'bad-input' unless there are `bytes` of them, and for a wrong fletcher32; the checksum of zlib is not looked at.
 *
 * @param skipped a bit for each filter that the writer left out
 */
export function unfiltered(
  stored: Uint8Array,
  filters: readonly Filter[],
  skipped: number,
  bytes: number,
): Uint8Array {
  const applied = filters.filter((_, i) => ((skipped >>> i) & 1) === 0);
  let data = stored;
  for (let i = applied.length - 1; i >= 0; i--) {
    const { id, elementBytes } = applied[i]!;
    const hasChecksum = applied.slice(0, i).some((one) => one.id === FLETCHER32);
    if (id === DEFLATE) data = unzlib(data, bytes + (hasChecksum ? CHECKSUM_BYTES : 0));
    else if (id === FLETCHER32) data = withoutChecksum(data);
    else data = unshuffled(data, elementBytes);
  }
  if (data.length !== bytes) throw damaged(`has a chunk of ${data.length} bytes, its sizes need ${bytes}`);
  return data;
}

/** Two bytes of a header, deflated data, a checksum. */
function unzlib(data: Uint8Array, limit: number): Uint8Array {
  const [first = 0, second = 0] = data;
  if ((first & 15) !== 8 || (first * 256 + second) % 31 !== 0 || (second & 0x20) !== 0)
    throw damagedFile('a chunk of the HDF5 file is no data of zlib');
  return inflate(data.subarray(2), limit, 'a chunk of the HDF5 file');
}

function withoutChecksum(data: Uint8Array): Uint8Array {
  const end = data.length - CHECKSUM_BYTES;
  if (end < 0) throw damaged(`has a chunk of ${data.length} bytes with a checksum`);
  const [a, b, c, d] = data.subarray(end) as unknown as readonly [number, number, number, number];
  const expected = (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  const checked = data.subarray(0, end);
  const found = fletcher32(checked);
  if (found !== expected)
    throw damaged(`has a chunk with the checksum ${found}, only ${expected} is allowed`);
  return checked;
}

/** First bytes of all elements came first, then their second bytes, and so on; what is no whole element is at the end. */
function unshuffled(data: Uint8Array, elementBytes: number): Uint8Array {
  const count = Math.floor(data.length / Math.max(1, elementBytes));
  if (elementBytes <= 1 || count <= 1) return data;
  const whole = new Uint8Array(data.length);
  for (let byte = 0, from = 0; byte < elementBytes; byte++)
    for (let to = byte, i = 0; i < count; i++, to += elementBytes) whole[to] = data[from++]!;
  whole.set(data.subarray(count * elementBytes), count * elementBytes);
  return whole;
}
