/** How a dataset is cut into chunks, and where they lie: layouts 1 to 3 have a tree of version 1, layouts 4 and 5 an index of several kinds. */
import { damaged, UNDEFINED, type Hdf5Reader } from './reader.ts';

export interface Chunk {
  /** Row-major, of the grid of chunks. */
  readonly index: number;
  readonly begin: number;
  /** As stored. */
  readonly bytes: number;
  /** A bit for each filter that was left out. */
  readonly skipped: number;
}

export interface ChunkLayout {
  /** Elements of a chunk along each axis. */
  readonly sizes: readonly number[];
  /** Chunks along each axis. */
  readonly grid: readonly number[];
  readonly chunks: readonly Chunk[];
}

/** What a dataset is: its elements have `elementBytes`, and its chunks went through filters or not. */
export interface Chunked {
  readonly shape: readonly number[];
  readonly elementBytes: number;
  readonly isFiltered: boolean;
}

export const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** Of a layout message that says "chunks". Throws 'bad-input' for damage; a text for what is not read. */
export function chunkLayoutAt(reader: Hdf5Reader, begin: number, dataset: Chunked): ChunkLayout | string {
  const version = reader.u8(begin);
  if (version > 3) return laterLayoutAt(reader, begin, dataset);
  const isOld = version < 3;
  const axes = reader.u8(begin + (isOld ? 1 : 2));
  const [address, first] = isOld ? [begin + 8, begin + 16] : [begin + 3, begin + 11];
  const parts = partsOf(dataset, axes, (axis) => reader.u32(first + 4 * axis));
  return { ...parts, chunks: chunksInTree(reader, reader.u64(address), dataset, parts) };
}

type Parts = Pick<ChunkLayout, 'sizes' | 'grid'>;

/** The last size is the one of an element. */
function partsOf({ shape, elementBytes }: Chunked, axes: number, sizeAt: (axis: number) => number): Parts {
  const all = Array.from({ length: axes }, (_, axis) => sizeAt(axis));
  const sizes = all.slice(0, -1);
  if (axes !== shape.length + 1 || sizes.includes(0) || all.at(-1) !== elementBytes)
    throw damaged(
      `has chunks of ${all.join(' x ')} bytes for ${shape.join(' x ')} elements of ${elementBytes} bytes`,
    );
  if (!Number.isSafeInteger(product(all))) throw damaged(`has chunks of ${all.join(' x ')} bytes`);
  return { sizes, grid: shape.map((size, axis) => Math.ceil(size / sizes[axis]!)) };
}

function chunksInTree(
  reader: Hdf5Reader,
  root: number,
  { shape }: Chunked,
  { sizes, grid }: Parts,
): readonly Chunk[] {
  const chunks: Chunk[] = [];
  const nodes = root === UNDEFINED ? [] : [root];
  const [seen, taken] = [new Set<number>(), new Set<number>()];
  // A key has the bytes of a chunk, what was skipped, and its first element, whose last axis is the bytes of an element.
  const [keyBytes, firstAt] = [8 + 8 * (shape.length + 1), 8];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (seen.has(node)) throw damaged(`has a tree that contains itself at byte ${node}`);
    seen.add(node);
    reader.signature(node, 'TREE');
    const [type, level, used] = [reader.u8(node + 4), reader.u8(node + 5), reader.u16(node + 6)];
    if (type !== 1) throw damaged(`has a tree of type ${type} for chunks at byte ${node}`);
    for (let i = 0; i < used; i++) {
      reader.step();
      const key = node + 24 + i * (keyBytes + 8);
      const child = reader.u64(key + keyBytes);
      if (level > 0) {
        nodes.push(child);
        continue;
      }
      let index = 0;
      for (let axis = 0; axis < shape.length; axis++) {
        const element = reader.u64(key + firstAt + 8 * axis);
        if (!(element < shape[axis]!) || element % sizes[axis]! !== 0)
          throw damaged(`has a chunk at ${element} of ${shape[axis]} elements in parts of ${sizes[axis]}`);
        index = index * grid[axis]! + element / sizes[axis]!;
      }
      if (taken.has(index)) throw damaged(`has two chunks in one place of a dataset, at byte ${key}`);
      taken.add(index);
      chunks.push({ index, begin: child, bytes: reader.u32(key), skipped: reader.u32(key + 4) });
    }
  }
  return chunks;
}

const INDEX = { single: 1, implicit: 2, fixedArray: 3 } as const;
const OTHER_INDEXES: Readonly<Record<number, string>> = {
  4: 'an extensible array',
  5: 'a tree of version 2',
};

function laterLayoutAt(reader: Hdf5Reader, begin: number, dataset: Chunked): ChunkLayout | string {
  const [flags, axes, encoded] = [2, 3, 4].map((at) => reader.u8(begin + at)) as [number, number, number];
  const parts = partsOf(dataset, axes, (axis) => sizeAt(reader, begin + 5 + encoded * axis, encoded));
  const { grid, sizes } = parts;
  const at = begin + 5 + encoded * axes;
  const kind = reader.u8(at);
  const chunkBytes = product(sizes) * dataset.elementBytes;
  if ((flags & 1) !== 0) return 'does not compress the chunks at its edges';
  if (kind === INDEX.single) {
    if (product(grid) !== 1) throw damaged(`has one chunk for ${product(grid)}, at byte ${begin}`);
    const isFiltered = (flags & 2) !== 0;
    const address = reader.u64(at + (isFiltered ? 13 : 1));
    const [bytes, skipped] = isFiltered ? [reader.u64(at + 1), reader.u32(at + 9)] : [chunkBytes, -1];
    return { ...parts, chunks: address === UNDEFINED ? [] : [{ index: 0, begin: address, bytes, skipped }] };
  }
  if (kind === INDEX.implicit) {
    const address = reader.u64(at + 1);
    const count = address === UNDEFINED ? 0 : product(grid);
    // The last of them is compared with the file before there is a list of them.
    if (count > 0) reader.check(address, count * chunkBytes);
    const chunks = Array.from({ length: count }, (_, index): Chunk => {
      reader.step();
      return { index, begin: address + index * chunkBytes, bytes: chunkBytes, skipped: -1 };
    });
    return { ...parts, chunks };
  }
  if (kind === INDEX.fixedArray) {
    const address = reader.u64(at + 2);
    const isThere = address !== UNDEFINED;
    const chunks = isThere ? fixedArrayAt(reader, address, product(grid), dataset, chunkBytes) : [];
    return { ...parts, chunks };
  }
  const other = OTHER_INDEXES[kind];
  if (other === undefined) throw damaged(`has an index of chunks of type ${kind} at byte ${at}`);
  return `finds its chunks by ${other}, as datasets that can grow do in the latest version of the format`;
}

/** A little-endian number of 1 to 8 bytes. */
function sizeAt(reader: Hdf5Reader, at: number, bytes: number): number {
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + reader.u8(at + i);
  return value;
}

/** Places of all chunks, row-major, where there are many in pages with a bit for each that is there. */
function fixedArrayAt(
  reader: Hdf5Reader,
  header: number,
  count: number,
  { isFiltered }: Chunked,
  chunkBytes: number,
): readonly Chunk[] {
  reader.signature(header, 'FAHD');
  const [entryBytes, pageBits] = [reader.u8(header + 6), reader.u8(header + 7)];
  const [entries, block] = [reader.u64(header + 8), reader.u64(header + 16)];
  if (block === UNDEFINED) return [];
  if (entries !== count || (isFiltered ? entryBytes < 13 : entryBytes !== 8))
    throw damaged(`has ${entries} places of ${entryBytes} bytes for ${count} chunks, at byte ${header}`);
  reader.signature(block, 'FADB');
  const first = block + 14;
  const perPage = 2 ** pageBits;
  const pages = count > perPage ? Math.ceil(count / perPage) : 0;
  const bitmapBytes = Math.ceil(pages / 8);
  const chunks: Chunk[] = [];
  for (let index = 0; index < count; index++) {
    reader.step();
    const page = Math.floor(index / perPage);
    if (pages > 0 && ((reader.u8(first + (page >> 3)) << (page & 7)) & 0x80) === 0) continue;
    // A checksum follows the bits, and each page.
    const before = pages > 0 ? bitmapBytes + 4 + 4 * page : 0;
    const at = first + before + index * entryBytes;
    const begin = reader.u64(at);
    if (begin === UNDEFINED) continue;
    if (!isFiltered) chunks.push({ index, begin, bytes: chunkBytes, skipped: -1 });
    else {
      const lengthBytes = entryBytes - 12;
      const bytes = sizeAt(reader, at + 8, lengthBytes);
      chunks.push({ index, begin, bytes, skipped: reader.u32(at + 8 + lengthBytes) });
    }
  }
  return chunks;
}
