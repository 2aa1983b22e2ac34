/** Writes small HDF5 files as h5py does: in the layout of its default settings, or of `libver='latest'`. */
import { encodeFloats, type FloatType } from '../../../src/formats/arrays/encode-floats.ts';
import { ELEMENT_BYTES } from '../../../src/formats/arrays/numbers.ts';
import { chunkMessages, type H5Chunks } from './hdf5-chunks.ts';
import { joined, padded, text, UNDEFINED, type Field, type Message } from './hdf5-fields.ts';

export interface H5Dataset extends H5Chunks {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  readonly type?: FloatType | 'int32';
  readonly bigEndian?: boolean;
  /** As a message of the header, or in chunks. */
  readonly layout?: 'contiguous' | 'compact' | 'chunked';
  /** Without a limit, along each axis. */
  readonly canGrow?: boolean;
}

export interface H5Node {
  /** A text of any length, or a list of texts of a fixed length. */
  readonly attributes?: Readonly<Record<string, string | readonly string[]>>;
  readonly children?: Readonly<Record<string, H5Node>>;
  readonly dataset?: H5Dataset;
}

export interface H5Options {
  /** Superblock 2, headers of version 2 with links as messages. */
  readonly latest?: boolean;
  /** Children of a leaf of the trees of groups. */
  readonly leaf?: number;
}

class Writer {
  readonly #parts: Uint8Array[] = [];
  readonly #options: H5Options;
  #length = 0;

  constructor(options: H5Options) {
    this.#options = options;
  }

  /** Appends bytes at a multiple of 8, and returns where they are. */
  append(bytes: Uint8Array): number {
    const at = this.#length;
    const part = padded(bytes);
    this.#parts.push(part);
    this.#length += part.length;
    return at;
  }

  bytes(): Uint8Array {
    return joined(this.#parts);
  }

  get length(): number {
    return this.#length;
  }

  object({ attributes = {}, children, dataset }: H5Node): number {
    const messages = dataset ? this.#dataset(dataset) : this.#group(children ?? {});
    const more = Object.entries(attributes).map(([name, value]) => this.#attribute(name, value));
    return this.#options.latest ? this.#headerOf2(messages, more) : this.#headerOf1(messages, more);
  }

  /** The attributes are in a block of their own. */
  #headerOf1(messages: readonly Message[], more: readonly Message[]): number {
    const block = (all: readonly Message[]) =>
      joined(
        all.flatMap(({ type, bytes }): Field[] => {
          const data = padded(bytes);
          return [[2, type], [2, data.length], [4, 0], data];
        }),
      );
    const first = [...messages];
    if (more.length > 0) {
      const data = block(more);
      first.push({
        type: 0x10,
        bytes: joined([
          [8, this.append(data)],
          [8, data.length],
        ]),
      });
    }
    const data = block(first);
    return this.append(
      joined([[1, 1], [1, 0], [2, first.length + more.length], [4, 1], [4, data.length], [4, 0], data]),
    );
  }

  #headerOf2(messages: readonly Message[], more: readonly Message[]): number {
    const block = (all: readonly Message[]) =>
      joined(all.flatMap(({ type, bytes }): Field[] => [[1, type], [2, bytes.length], [1, 0], bytes]));
    const first = [...messages];
    if (more.length > 0) {
      // Nobody here checks the checksum.
      const data = joined(['OCHK', block(more), [4, 0]]);
      first.push({
        type: 0x10,
        bytes: joined([
          [8, this.append(data)],
          [8, data.length],
        ]),
      });
    }
    const data = block(first);
    return this.append(joined(['OHDR', [1, 2], [1, 2], [4, data.length], data, [4, 0]]));
  }

  #dataset(dataset: H5Dataset): Message[] {
    const { shape, values, type = 'float32', bigEndian = false, layout = 'contiguous' } = dataset;
    const data =
      type === 'int32'
        ? new Uint8Array(Int32Array.from(values).buffer)
        : encodeFloats(Float64Array.from(values), type);
    const size = ELEMENT_BYTES[type];
    if (bigEndian) for (let at = 0; at < data.length; at += size) data.subarray(at, at + size).reverse();
    const place = (): Field[] => {
      if (layout === 'compact') return [[1, 3], [1, 0], [2, data.length], data];
      return [
        [1, 3],
        [1, 1],
        [8, data.length === 0 ? UNDEFINED : this.append(data)],
        [8, data.length],
      ];
    };
    return [
      { type: 1, bytes: this.#space(shape, dataset.canGrow) },
      { type: 3, bytes: numberType(type, bigEndian) },
      ...(layout === 'chunked'
        ? chunkMessages(
            { ...dataset, data, elementBytes: size },
            (bytes) => this.append(bytes),
            this.#options.latest ?? false,
          )
        : [{ type: 8, bytes: joined(place()) }]),
    ];
  }

  #space(shape: readonly number[], canGrow = false): Uint8Array {
    const sizes = shape.map((size): Field => [8, size]);
    const largest = canGrow ? shape.map((): Field => [8, UNDEFINED]) : [];
    const flags: Field = [1, canGrow ? 1 : 0];
    const rank: Field = [1, shape.length];
    const head: Field[] = this.#options.latest
      ? [[1, 2], rank, flags, [1, 1]]
      : [[1, 1], rank, flags, [1, 0], [4, 0]];
    return joined([...head, ...sizes, ...largest]);
  }

  #attribute(name: string, value: string | readonly string[]): Message {
    const isList = typeof value !== 'string';
    const space = this.#space(isList ? [value.length] : []);
    const { type, data } = isList ? fixedTexts(value) : this.#longText(value);
    const pad = (bytes: Uint8Array) => (this.#options.latest ? bytes : padded(bytes));
    const sizes: Field[] = [
      [2, name.length + 1],
      [2, type.length],
      [2, space.length],
    ];
    const head: Field[] = this.#options.latest
      ? [[1, 3], [1, 0], ...sizes, [1, 0]]
      : [[1, 1], [1, 0], ...sizes];
    return { type: 0x0c, bytes: joined([...head, pad(text(`${name}\0`)), pad(type), pad(space), data]) };
  }

  #longText(value: string): { type: Uint8Array; data: Uint8Array } {
    const bytes = text(value);
    const object = padded(bytes);
    // A first object that is another.
    const size = 16 + 24 + 16 + object.length + 16;
    const heap = this.append(
      joined([
        ...(['GCOL', [1, 1], [1, 0], [2, 0], [8, size]] as Field[]),
        ...([
          [2, 7],
          [2, 0],
          [4, 0],
          [8, 3],
          [8, 0],
        ] as Field[]),
        ...([[2, 1], [2, 0], [4, 0], [8, bytes.length], object] as Field[]),
        ...([
          [2, 0],
          [2, 0],
          [4, 0],
          [8, 0],
        ] as Field[]),
      ]),
    );
    return {
      type: joined([
        [1, 0x19],
        [1, 1],
        [2, 0],
        [4, 16],
        [1, 0x10],
        [1, 0],
        [2, 0],
        [4, 1],
      ]),
      data: joined([
        [4, bytes.length],
        [8, heap],
        [4, 1],
      ]),
    };
  }

  #group(children: Readonly<Record<string, H5Node>>): Message[] {
    const entries = Object.entries(children)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, child]) => ({ name, address: this.object(child) }));
    return this.#options.latest ? links(entries) : [this.#symbolTable(entries)];
  }

  /** A tree with the symbols in its leaves, of one more level where there are several. */
  #symbolTable(entries: readonly { name: string; address: number }[]): Message {
    const names: Field[] = [[8, 0]];
    const offsets = new Map<string, number>();
    let length = 8;
    for (const { name } of entries) {
      offsets.set(name, length);
      const bytes = padded(text(`${name}\0`));
      names.push(bytes);
      length += bytes.length;
    }
    const data = this.append(joined(names));
    const heap = this.append(joined(['HEAP', [4, 0], [8, length], [8, UNDEFINED], [8, data]]));
    const leaf = this.#options.leaf ?? 8;
    const tree = (level: number, children: readonly number[]) =>
      this.append(
        joined([
          ...(['TREE', [1, 0], [1, level], [2, children.length], [8, UNDEFINED], [8, UNDEFINED]] as Field[]),
          ...children.flatMap((child): Field[] => [
            [8, 0],
            [8, child],
          ]),
          [8, 0],
        ]),
      );
    const trees: number[] = [];
    for (let i = 0; i < Math.max(1, entries.length); i += leaf) {
      const part = entries.slice(i, i + leaf);
      const node = this.append(
        joined([
          ...(['SNOD', [1, 1], [1, 0], [2, part.length]] as Field[]),
          ...part.flatMap(({ name, address }): Field[] => [
            ...([
              [8, offsets.get(name)!],
              [8, address],
              [4, 0],
              [4, 0],
              [8, 0],
              [8, 0],
            ] as Field[]),
          ]),
        ]),
      );
      trees.push(tree(0, [node]));
    }
    const root = trees.length === 1 ? trees[0]! : tree(1, trees);
    return {
      type: 0x11,
      bytes: joined([
        [8, root],
        [8, heap],
      ]),
    };
  }
}

function links(entries: readonly { name: string; address: number }[]): Message[] {
  const info = {
    type: 2,
    bytes: joined([
      [1, 0],
      [1, 0],
      [8, UNDEFINED],
      [8, UNDEFINED],
    ]),
  };
  return [
    info,
    ...entries.map(({ name, address }) => ({
      type: 6,
      bytes: joined([[1, 1], [1, 0], [1, text(name).length], name, [8, address]]),
    })),
  ];
}

function fixedTexts(values: readonly string[]): { type: Uint8Array; data: Uint8Array } {
  const bytes = Math.max(1, ...values.map((value) => text(value).length));
  const type = joined([
    [1, 0x13],
    [1, 0],
    [2, 0],
    [4, bytes],
  ]);
  return {
    type,
    data: joined(values.map((value) => joined([value, new Uint8Array(bytes - text(value).length)]))),
  };
}

const FLOATS = {
  float16: [10, 5, 15],
  bfloat16: [7, 8, 127],
  float32: [23, 8, 127],
  float64: [52, 11, 1023],
} as const;

function numberType(type: FloatType | 'int32', bigEndian: boolean): Uint8Array {
  const order = bigEndian ? 1 : 0;
  const size = ELEMENT_BYTES[type];
  if (type === 'int32')
    return joined([
      [1, 0x10],
      [1, order | 8],
      [2, 0],
      [4, 4],
      [2, 0],
      [2, 32],
    ]);
  const [fraction, exponent, bias] = FLOATS[type];
  return joined([
    ...([
      [1, 0x11],
      [1, order | 0x20],
      [1, 8 * size - 1],
      [1, 0],
      [4, size],
    ] as Field[]),
    ...([
      [2, 0],
      [2, 8 * size],
      [1, fraction],
      [1, exponent],
      [1, 0],
      [1, fraction],
      [4, bias],
    ] as Field[]),
  ]);
}

/** A file with this root group. */
export function hdf5File(root: H5Node, options: H5Options = {}): Uint8Array {
  const writer = new Writer(options);
  writer.append(new Uint8Array(options.latest ? 48 : 96));
  const address = writer.object(root);
  const file = writer.bytes();
  const signature = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);
  file.set(
    options.latest
      ? joined([
          signature,
          [1, 3],
          [1, 8],
          [1, 8],
          [1, 0],
          [8, 0],
          [8, UNDEFINED],
          [8, file.length],
          [8, address],
        ])
      : joined([
          ...[
            signature,
            ...([
              [4, 0],
              [1, 0],
              [1, 8],
              [1, 8],
              [1, 0],
              [2, 4],
              [2, 16],
              [4, 0],
            ] as Field[]),
          ],
          ...([
            [8, 0],
            [8, UNDEFINED],
            [8, file.length],
            [8, UNDEFINED],
          ] as Field[]),
          ...([
            [8, 0],
            [8, address],
            [4, 0],
            [4, 0],
            [8, 0],
            [8, 0],
          ] as Field[]),
        ]),
  );
  return file;
}
