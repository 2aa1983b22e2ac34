/** Cuts the numbers of a dataset into chunks and stores them as h5py does: with a tree of version 1, or with the indexes of `libver='latest'`. */
import { zlibSync } from 'fflate';
import { joined, UNDEFINED, type Field, type Message } from './hdf5-fields.ts';

export type H5Filter = 'shuffle' | 'deflate' | 'fletcher32' | 'lzf';
const IDS: Readonly<Record<H5Filter, number>> = { deflate: 1, shuffle: 2, fletcher32: 3, lzf: 32000 };

export interface H5Chunks {
  /** Elements of a chunk along each axis at most; 3 if undefined. */
  readonly chunkSize?: number;
  readonly filters?: readonly H5Filter[];
  /** Chunks that are not stored, by their index in the grid. */
  readonly absent?: (index: number) => boolean;
  /** What absent ones are made of, in float32. */
  readonly fill?: number;
  /** Of the latest version: the chunks follow each other, without filters; or their places are in pages of so many. */
  readonly index?: 'implicit' | { readonly pageBits: number };
}

interface Data extends H5Chunks {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
  readonly elementBytes: number;
}

/** Appends bytes to the file, and returns where they are. */
type Append = (bytes: Uint8Array) => number;

const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);

/** The messages that tell where the chunks are, which are appended. */
export function chunkMessages(source: Data, append: Append, latest: boolean): readonly Message[] {
  const { shape, elementBytes, filters = [], chunkSize = 3, absent = () => false, fill } = source;
  const sizes = shape.map((size) => Math.min(size, chunkSize));
  const grid = shape.map((size, axis) => Math.ceil(size / sizes[axis]!));
  const chunks = Array.from({ length: product(grid) }, (_, index) => {
    const bytes = filtered(chunkAt(source, sizes, grid, index), filters, elementBytes);
    return { index, bytes };
  }).filter(({ index }) => !absent(index));
  const stored = chunks.map(({ index, bytes }) => ({ index, bytes: bytes.length, at: append(bytes) }));
  const allSizes = [...sizes, elementBytes];
  const layout = latest
    ? laterLayout(stored, source, allSizes, product(grid), append)
    : [
        ...([
          [1, 3],
          [1, 2],
          [1, allSizes.length],
          [8, tree(stored, sizes, grid, append)],
        ] as Field[]),
        ...allSizes.map((size): Field => [4, size]),
      ];
  return [
    ...(fill === undefined ? [] : [fillMessage(fill, latest)]),
    ...(filters.length > 0 ? [filterMessage(filters, elementBytes, latest)] : []),
    { type: 8, bytes: joined(layout) },
  ];
}

/** All of a chunk, with zeros outside the dataset. */
function chunkAt(
  { shape, data, elementBytes }: Data,
  sizes: readonly number[],
  grid: readonly number[],
  index: number,
) {
  const chunk = new Uint8Array(product(sizes) * elementBytes);
  const first = placeOf(index, grid).map((place, axis) => place * sizes[axis]!);
  for (let element = 0; element < product(sizes); element++) {
    const place = placeOf(element, sizes).map((at, axis) => at + first[axis]!);
    if (place.some((at, axis) => at >= shape[axis]!)) continue;
    const from = place.reduce((sum, at, axis) => sum * shape[axis]! + at, 0) * elementBytes;
    chunk.set(data.subarray(from, from + elementBytes), element * elementBytes);
  }
  return chunk;
}

/** Row-major. */
function placeOf(index: number, sizes: readonly number[]): number[] {
  return sizes.map((size, axis) => Math.floor(index / product(sizes.slice(axis + 1))) % size);
}

function filtered(chunk: Uint8Array, filters: readonly H5Filter[], elementBytes: number): Uint8Array {
  return filters.reduce((data, filter) => {
    switch (filter) {
      case 'deflate':
        return zlibSync(data);
      case 'shuffle': {
        const count = Math.floor(data.length / elementBytes);
        return data.map((byte, to) =>
          to < count * elementBytes ? data[(to % count) * elementBytes + Math.floor(to / count)]! : byte,
        );
      }
      case 'fletcher32':
        return joined([data, [4, fletcher(data)]]);
      case 'lzf':
        return data;
    }
  }, chunk);
}

/** By its definition: sums modulo 65,535, in which 0 is 65,535 unless all is 0. */
function fletcher(data: Uint8Array): bigint {
  let [sum, sums] = [0n, 0n];
  for (let at = 0; at < data.length; at += 2) {
    sum += BigInt(data[at]! * 256 + (data[at + 1] ?? 0));
    sums += sum;
  }
  const reduced = (value: bigint) => (value === 0n ? 0n : ((value - 1n) % 65_535n) + 1n);
  return reduced(sums) * 65_536n + reduced(sum);
}

interface Stored {
  readonly index: number;
  readonly bytes: number;
  readonly at: number;
}

/** Two chunks in a leaf, and all leaves in one node. */
function tree(stored: readonly Stored[], sizes: readonly number[], grid: readonly number[], append: Append) {
  if (stored.length === 0) return UNDEFINED;
  const key = ({ bytes, index }: Stored): Field[] => [
    [4, bytes],
    [4, 0],
    ...placeOf(index, grid).map((place, axis): Field => [8, place * sizes[axis]!]),
    [8, 0],
  ];
  const node = (level: number, entries: readonly (readonly [Stored, number])[]) =>
    append(
      joined([
        ...(['TREE', [1, 1], [1, level], [2, entries.length], [8, UNDEFINED], [8, UNDEFINED]] as Field[]),
        ...entries.flatMap(([chunk, child]): Field[] => [...key(chunk), [8, child]]),
        ...key({ ...stored.at(-1)!, bytes: 0 }),
      ]),
    );
  const leaves: (readonly [Stored, number])[] = [];
  for (let i = 0; i < stored.length; i += 2) {
    const leaf = stored.slice(i, i + 2);
    leaves.push([
      leaf[0]!,
      node(
        0,
        leaf.map((chunk) => [chunk, chunk.at] as const),
      ),
    ]);
  }
  return leaves.length === 1 ? leaves[0]![1] : node(1, leaves);
}

function laterLayout(
  stored: readonly Stored[],
  { filters = [], index }: Data,
  allSizes: readonly number[],
  count: number,
  append: Append,
): Field[] {
  const isFiltered = filters.length > 0;
  const isSingle = count === 1 && index === undefined;
  const head = (flags: number, kind: number): Field[] => [
    ...([
      [1, 4],
      [1, 2],
      [1, flags],
      [1, allSizes.length],
      [1, 1],
    ] as Field[]),
    ...allSizes.map((size): Field => [1, size]),
    [1, kind],
  ];
  const first = stored[0]?.at ?? UNDEFINED;
  if (isSingle)
    return isFiltered
      ? [...head(2, 1), [8, stored[0]?.bytes ?? 0], [4, 0], [8, first]]
      : [...head(0, 1), [8, first]];
  if (index === 'implicit') return [...head(0, 2), [8, first]];
  const pageBits = index?.pageBits ?? 10;
  const byIndex = new Map(stored.map((chunk) => [chunk.index, chunk]));
  const entry = (i: number): Field[] => {
    const chunk = byIndex.get(i);
    return isFiltered
      ? [
          [8, chunk?.at ?? UNDEFINED],
          [2, chunk?.bytes ?? 0],
          [4, 0],
        ]
      : [[8, chunk?.at ?? UNDEFINED]];
  };
  const entries = Array.from({ length: count }, (_, i) => joined(entry(i)));
  const perPage = 2 ** pageBits;
  const pages = count > perPage ? Math.ceil(count / perPage) : 0;
  const bits = new Uint8Array(Math.ceil(pages / 8));
  const inPages = Array.from({ length: pages }, (_, page): Uint8Array => {
    const all = entries.slice(page * perPage, (page + 1) * perPage);
    // A page of absent chunks is not written.
    if (all.some((_one, i) => byIndex.has(page * perPage + i))) bits[page >> 3]! |= 0x80 >> (page & 7);
    else all.forEach((one) => one.fill(0));
    return joined([...all, [4, 0]]);
  });
  const body: Field[] = pages > 0 ? [bits, [4, 0], ...inPages] : [...entries, [4, 0]];
  const block = append(joined(['FADB', [1, 0], [1, isFiltered ? 1 : 0], [8, 0], ...body]));
  const header = append(
    joined([
      ...(['FAHD', [1, 0], [1, isFiltered ? 1 : 0], [1, isFiltered ? 14 : 8], [1, pageBits]] as Field[]),
      ...([
        [8, count],
        [8, block],
        [4, 0],
      ] as Field[]),
    ]),
  );
  return [...head(0, 3), [1, pageBits], [8, header]];
}

function filterMessage(filters: readonly H5Filter[], elementBytes: number, latest: boolean): Message {
  const fields = filters.flatMap((filter): Field[] => {
    const values = filter === 'fletcher32' ? [] : [filter === 'shuffle' ? elementBytes : 6];
    const name = latest && filter !== 'lzf' ? '' : `${filter}${'\0'.repeat(8 - (filter.length % 8))}`;
    const hasName = !latest || filter === 'lzf';
    return [
      [2, IDS[filter]],
      ...(hasName ? ([[2, name.length]] as Field[]) : []),
      [2, 1],
      [2, values.length],
      name,
      ...values.map((value): Field => [4, value]),
      // Of an odd number of values.
      ...(!latest && values.length % 2 === 1 ? ([[4, 0]] as Field[]) : []),
    ];
  });
  const head: Field[] = latest
    ? [
        [1, 2],
        [1, filters.length],
      ]
    : [
        [1, 1],
        [1, filters.length],
        [2, 0],
        [4, 0],
      ];
  return { type: 0x0b, bytes: joined([...head, ...fields]) };
}

function fillMessage(fill: number, latest: boolean): Message {
  const value = new Uint8Array(Float32Array.of(fill).buffer);
  const head: Field[] = latest
    ? [
        [1, 3],
        [1, 0x2a],
      ]
    : [
        [1, 2],
        [1, 2],
        [1, 0],
        [1, 1],
      ];
  return { type: 5, bytes: joined([...head, [4, 4], value]) };
}
