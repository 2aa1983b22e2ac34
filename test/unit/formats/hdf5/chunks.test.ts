/** Datasets in chunks, as our own writer cuts them, are read as they were; with other numbers they are contiguous, here and for another reader. */
import { zlibSync } from 'fflate';
import { File } from 'jsfive';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeNumbers, ELEMENT_BYTES } from '../../../../src/formats/arrays/numbers.ts';
import { fletcher32, lookup3 } from '../../../../src/formats/hdf5/checksum.ts';
import { openHdf5, type Hdf5Object } from '../../../../src/formats/hdf5/file.ts';
import { linksIn } from '../../../../src/formats/hdf5/links.ts';
import { MESSAGE, messagesAt, type Message } from '../../../../src/formats/hdf5/object-header.ts';
import { Hdf5Reader } from '../../../../src/formats/hdf5/reader.ts';
import { assertBadInput } from '../../../helpers/assert/bad-input.ts';
import { generator } from '../../../helpers/data/numbers.ts';
import type { H5Chunks } from '../../../helpers/keras/hdf5-chunks.ts';
import { hdf5File, type H5Dataset } from '../../../helpers/keras/hdf5-writer.ts';

const random = generator('chunks');
const elements = (shape: readonly number[]) => shape.reduce((all, size) => all * size, 1);
/** Numbers that float16 has. */
const numbers = (shape: readonly number[]) =>
  Array.from({ length: elements(shape) }, () => random.below(2000) - 1000);

const SHAPES = [[11], [3], [7, 4], [6, 3], [5, 1, 4], [2, 3, 4, 5]];
const CHUNKS: readonly H5Chunks[] = [
  {},
  { chunkSize: 100 },
  { chunkSize: 2, filters: ['deflate'] },
  { filters: ['shuffle', 'deflate'] },
  { filters: ['shuffle', 'deflate', 'fletcher32'] },
  { chunkSize: 100, filters: ['fletcher32', 'deflate'] },
];
const TYPES: readonly Partial<H5Dataset>[] = [{}, { type: 'float16' }, { type: 'float64', bigEndian: true }];

function numbersIn(object: Hdf5Object): number[] {
  const { shape, type, bigEndian, bytes, begin } = object.dataset();
  const data = bytes.subarray(begin, begin + elements(shape) * ELEMENT_BYTES[type]);
  return [...decodeNumbers(data, type, bigEndian)];
}

/** Beside another dataset, with an attribute, so that headers continue elsewhere. */
const fileOf = (dataset: H5Dataset, latest: boolean) =>
  hdf5File(
    {
      children: {
        a: { dataset: { layout: 'chunked', ...dataset }, attributes: { unit: 'volt' } },
        b: { dataset: { shape: [2], values: [1, 2] } },
      },
    },
    { latest },
  );

const jsfive = (bytes: Uint8Array) => new File(new Uint8Array(bytes).buffer);

/** The file with these numbers in place of those of the dataset. */
function changed(file: Uint8Array, to: readonly number[]): Uint8Array {
  const root = openHdf5(file);
  const { bytes, type, bigEndian } = root.get('a')!.dataset();
  const other = openHdf5(
    hdf5File({
      children: { a: { dataset: { shape: [to.length], values: to, type: type as 'float32', bigEndian } } },
    }),
  )
    .get('a')!
    .dataset();
  const data = other.bytes.subarray(other.begin, other.begin + bytes.length);
  return root.fileWith(new Map([[bytes, new Uint8Array(data)]]));
}

function check(dataset: H5Dataset, latest: boolean, expected: readonly number[]): void {
  const file = fileOf(dataset, latest);
  const root = openHdf5(file);
  assert.equal(numbersIn(root.get('a')!), expected);
  assert.is(root.get('a')!.dataset(), root.get('a')!.dataset());
  assert.equal(root.fileWith(new Map()), file);
  const to = numbers(dataset.shape);
  const made = changed(file, to);
  const after = openHdf5(made);
  assert.equal(numbersIn(after.get('a')!), to);
  assert.is(after.get('a')!.dataset().chunked, undefined);
  assert.equal(numbersIn(after.get('b')!), [1, 2]);
  const other = jsfive(made).get('a');
  assert.equal([...other.value], to);
  assert.equal([...other.shape], dataset.shape);
  assert.is(jsfive(made).get('a').attrs['unit'], 'volt');
  const view = new DataView(made.buffer);
  assert.is(Number(view.getBigUint64(latest ? 28 : 40, true)), made.length);
  if (latest) assert.is(view.getUint32(44, true), lookup3(made.subarray(0, 44)));
}

for (const latest of [false, true])
  for (const chunks of CHUNKS)
    test(`${latest ? 'latest' : 'default'}: ${JSON.stringify(chunks)}`, () => {
      for (const shape of SHAPES)
        for (const type of TYPES) {
          const values = numbers(shape);
          const dataset: H5Dataset = { shape, values, ...chunks, ...type };
          check(dataset, latest, values);
          // It does not know the indexes of the latest version, nor checksums.
          const isKnown = !latest && !chunks.filters?.includes('fletcher32') && type.type !== 'float16';
          if (isKnown) assert.equal([...jsfive(fileOf(dataset, latest)).get('a').value], values);
        }
    });

test('indexes of the latest version', () => {
  const [shape, values] = [[7, 8], numbers([7, 8])];
  // Of 16 bytes each: the writer aligns what it appends.
  check({ shape, values, chunkSize: 2, index: 'implicit' }, true, values);
  for (const pageBits of [0, 1, 2]) {
    check({ shape, values, index: { pageBits } }, true, values);
    check({ shape, values, filters: ['deflate'], index: { pageBits } }, true, values);
  }
});

/** The messages of the header of the dataset. */
function headerOf(file: Uint8Array, latest: boolean): readonly Message[] {
  const reader = new Hdf5Reader(file);
  const root = messagesAt(reader, reader.u64(latest ? 36 : 64));
  return messagesAt(reader, linksIn(reader, root).get('a')!);
}

test('a header of a dataset that becomes contiguous says so', () => {
  for (const latest of [false, true])
    // A layout of 16 bytes, which has no place for another, and larger ones.
    for (const shape of [[3], [11], [7, 4]]) {
      const file = fileOf({ shape, values: numbers(shape), filters: ['deflate'], canGrow: true }, latest);
      const plain = fileOf({ shape, values: numbers(shape), canGrow: true }, latest);
      assert.ok(headerOf(file, latest).some(({ type }) => type === MESSAGE.filters));
      for (const before of [file, plain]) {
        const made = changed(before, numbers(shape));
        const view = new DataView(made.buffer);
        const header = headerOf(made, latest);
        assert.not(header.some(({ type }) => type === MESSAGE.filters));
        const [space, ...spaces] = header.filter(({ type }) => type === MESSAGE.dataspace);
        assert.is(spaces.length, 0);
        assert.is(made[space!.begin + 2], 0, 'a largest size is left');
        const [layout, ...layouts] = header.filter(({ type }) => type === MESSAGE.layout);
        assert.is(layouts.length, 0);
        assert.equal([...made.subarray(layout!.begin, layout!.begin + 2)], [3, 1]);
        for (const found of [space!, layout!]) {
          assert.is(found.block !== undefined, latest);
          if (!found.block) continue;
          const { begin, end } = found.block;
          assert.is(view.getUint32(end, true), lookup3(made.subarray(begin, end)));
        }
      }
    }
});

test('absent chunks are the fill value', () => {
  const [shape, values] = [[7, 8], numbers([7, 8])];
  // Of a grid of 3 x 3; the first page of two is absent as a whole.
  const isAbsent = (index: number) => index < 2 || index === 4 || index === 8;
  for (const fill of [undefined, 2.5, 0]) {
    const expected = values.map((value, i) => {
      const chunk = Math.floor(i / 8 / 3) * 3 + Math.floor((i % 8) / 3);
      return isAbsent(chunk) ? (fill ?? 0) : value;
    });
    const dataset = { shape, values, absent: isAbsent, ...(fill !== undefined && { fill }) };
    check(dataset, false, expected);
    check(dataset, true, expected);
    check({ ...dataset, index: { pageBits: 1 }, filters: ['deflate'] }, true, expected);
  }
  check(
    { shape, values, absent: () => true },
    false,
    values.map(() => 0),
  );
  check({ shape: [2], values: [1, 2], absent: () => true }, true, [0, 0]);
});

test('the checksums of the format', () => {
  // The example of its author.
  assert.is(lookup3(Buffer.from('Four score and seven years ago')), 0x17770551);
  assert.is(lookup3(new Uint8Array(0)), 0xdeadbeef);
  // As the C library of HDF5 stores them.
  const words = Uint32Array.from({ length: 4000 }, (_, i) => Math.imul(i, 2654435761));
  assert.is(fletcher32(Buffer.from('masksearch!')), 0xab1f3a0d);
  assert.is(fletcher32(new Uint8Array(words.buffer)), 0x8e538196);
  assert.is(fletcher32(new Uint8Array(1000).fill(255)), 0xffffffff);
  assert.is(fletcher32(new Uint8Array(8)), 0);
});

const DAMAGED: H5Dataset = { shape: [7, 4], values: numbers([7, 4]), filters: ['deflate', 'fletcher32'] };

interface Places {
  readonly file: Buffer;
  /** The first leaf of the tree of chunks, and the tree. */
  readonly leaf: number;
  readonly root: number;
}
/** In a node: a key of bytes, filters, three offsets; an address. */
const [FIRST_KEY, ENTRY, OFFSET, ADDRESS] = [24, 40, 8, 32];

/** Other stored bytes of the first chunk, at the end of the file. */
const withChunk =
  (bytes: Uint8Array) =>
  ({ file, leaf }: Places) => {
    file.writeUInt32LE(bytes.length, leaf + FIRST_KEY);
    file.writeBigUInt64LE(BigInt(file.length), leaf + FIRST_KEY + ADDRESS);
    return Buffer.concat([file, bytes]);
  };
const withChecksum = (bytes: Uint8Array) => {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(fletcher32(bytes));
  return Buffer.concat([bytes, checksum]);
};

const DAMAGES: Readonly<Record<string, readonly [(places: Places) => Uint8Array | void, RegExp]>> = {
  'a wrong checksum': [
    ({ file, leaf }) => {
      file[Number(file.readBigUInt64LE(leaf + FIRST_KEY + ADDRESS)) + 5]! ^= 1;
    },
    /has a chunk with the checksum \d+, only \d+ is allowed/,
  ],
  'no data of zlib': [
    withChunk(withChecksum(Buffer.from('no data'))),
    /a chunk of the HDF5 file is no data of zlib/,
  ],
  'a chunk that is cut off': [
    withChunk(withChecksum(zlibSync(Buffer.from('no more than twelve bytes')).subarray(0, 12))),
    /the compressed data of a chunk of the HDF5 file break off/,
  ],
  'a chunk that becomes more': [
    withChunk(withChecksum(zlibSync(new Uint8Array(2 ** 24)))),
    /a chunk of the HDF5 file has at least \d+ bytes, its directory allows 36/,
  ],
  'a chunk that becomes less': [
    withChunk(withChecksum(zlibSync(new Uint8Array(35)))),
    /has a chunk of 35 bytes, its sizes need 36/,
  ],
  'two chunks in one place': [
    ({ file, leaf }) =>
      void file.copy(file, leaf + FIRST_KEY + ENTRY, leaf + FIRST_KEY, leaf + FIRST_KEY + ENTRY),
    /has two chunks in one place of a dataset/,
  ],
  'a chunk outside': [
    ({ file, leaf }) => void file.writeBigUInt64LE(9n, leaf + FIRST_KEY + OFFSET),
    /has a chunk at 9 of 7 elements in parts of 3/,
  ],
  'a chunk between two': [
    ({ file, leaf }) => void file.writeBigUInt64LE(1n, leaf + FIRST_KEY + OFFSET),
    /has a chunk at 1 of 7 elements in parts of 3/,
  ],
  'chunks that share their bytes': [
    ({ file, leaf }) => {
      for (const entry of [0, 1]) file.writeUInt32LE(file.length, leaf + FIRST_KEY + ENTRY * entry);
    },
    /has chunks of \d+ bytes in \d+/,
  ],
  'a chunk behind the end': [
    ({ file, leaf }) => void file.writeBigUInt64LE(2n ** 40n, leaf + FIRST_KEY + ADDRESS),
    /refers to \d+ bytes at 1099511627776/,
  ],
  'a tree that contains itself': [
    ({ file, root }) => void file.writeBigUInt64LE(BigInt(root), root + FIRST_KEY + ADDRESS),
    /has a tree that contains itself/,
  ],
  'a tree of a group': [({ file, root }) => void (file[root + 4] = 0), /has a tree of type 0 for chunks/],
};

for (const [name, [damage, pattern]] of Object.entries(DAMAGES))
  test(`damaged: ${name}`, async () => {
    const file = Buffer.from(fileOf(DAMAGED, false));
    const trees: number[] = [];
    for (let at = file.indexOf('TREE\x01'); at >= 0; at = file.indexOf('TREE\x01', at + 1)) trees.push(at);
    const made = damage({ file, leaf: trees[0]!, root: trees.at(-1)! }) ?? file;
    await assertBadInput(() => openHdf5(made).get('a')!.dataset(), pattern);
  });

test('filters that are not known are refused by name', async () => {
  for (const latest of [false, true])
    await assertBadInput(
      () =>
        openHdf5(fileOf({ shape: [4], values: [1, 2, 3, 4], filters: ['shuffle', 'lzf'] }, latest))
          .get('a')!
          .dataset(),
      /dataset "\/a" of the HDF5 file is compressed with the filter lzf/,
    );
});

test.run();
