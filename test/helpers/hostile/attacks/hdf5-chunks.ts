/** Hostile HDF5 files whose datasets are in chunks. */
import { h5Of, type H5Settings } from '../../keras/files.ts';
import { KerasBuilder } from '../../keras/network.ts';
import { deflatedZeros, modelAttacks, type Files, type Rows } from './attack.ts';

/** All weights have two axes. */
const keras = (() => {
  const k = new KerasBuilder([30], 'chunks');
  k.dense(20, 30, { activation: 'relu', use_bias: false });
  k.dense(10, 20, { activation: 'relu', use_bias: false });
  k.dense(4, 10, { use_bias: false });
  return k.network();
})();
const SHAPES = keras.layers.flatMap(({ weights }) => weights.map(({ shape }) => shape));

function placesOf(file: Buffer, bytes: string | Buffer): readonly number[] {
  const places: number[] = [];
  for (let at = file.indexOf(bytes); at >= 0; at = file.indexOf(bytes, at + 1)) places.push(at);
  return places;
}

const CHUNKS: H5Settings = { layout: 'chunked', filters: ['shuffle', 'deflate'] };

const changed =
  (change: (file: Buffer) => Buffer | void, settings: H5Settings = CHUNKS) =>
  (): Files => {
    const file = Buffer.from(h5Of(keras, settings));
    return { 'model.h5': change(file) ?? file };
  };

const trees = (file: Buffer) => placesOf(file, 'TREE\x01');
/** Of a node with entries: a key of bytes, filters and three offsets, and an address. */
const [FIRST, ENTRY, OFFSETS, ADDRESS] = [24, 40, 8, 32];
const entries = (file: Buffer, level?: number) =>
  trees(file)
    .filter((tree) => level === undefined || file[tree + 5] === level)
    .flatMap((tree) =>
      Array.from({ length: file.readUInt16LE(tree + 6) }, (_, i) => tree + FIRST + ENTRY * i),
    );
/** The sizes of chunks in messages of layouts: version, class, axes, an address, three sizes. */
const sizes = (file: Buffer) => placesOf(file, Buffer.of(3, 2, 3)).map((at) => at + 11);

function setSizes(file: Buffer, rows: number, columns: number): void {
  for (const at of sizes(file)) {
    file.writeUInt32LE(rows, at);
    file.writeUInt32LE(columns, at + 4);
  }
}

function setShapes(file: Buffer, rows: bigint, columns: bigint): void {
  for (const shape of SHAPES) {
    const found = Buffer.alloc(16);
    shape.forEach((size, i) => found.writeBigUInt64LE(BigInt(size), 8 * i));
    for (const at of placesOf(file, found)) {
      file.writeBigUInt64LE(rows, at);
      file.writeBigUInt64LE(columns, at + 8);
    }
  }
}

/** All chunks are these bytes, at the end of the file; or the first alone. */
function withChunk(file: Buffer, bytes: Uint8Array, isFirstAlone = false): Buffer {
  for (const entry of isFirstAlone ? entries(file, 0).slice(0, 1) : entries(file, 0)) {
    file.writeUInt32LE(bytes.length, entry);
    file.writeBigUInt64LE(BigInt(file.length), entry + ADDRESS);
  }
  return Buffer.concat([file, bytes]);
}

const zlibZeros = (mebibytes: number) => Buffer.concat([Buffer.of(0x78, 0x9c), deflatedZeros(mebibytes)]);
/** Deflated blocks that hold nothing. */
const emptyBlocks = (count: number) =>
  Buffer.concat([Buffer.of(0x78, 0x9c), Buffer.alloc(5 * count, Buffer.of(0, 0, 0, 0xff, 0xff))]);

const ABSENT: H5Settings = { layout: 'chunked', absent: () => true };
const LATEST: H5Settings = { ...CHUNKS, latest: true };

const ROWS: Rows = {
  'HDF5 trees of chunks that are their own children': [
    changed((file) => {
      for (const tree of trees(file)) {
        file[tree + 5] = 255;
        file.writeUInt16LE(1, tree + 6);
        file.writeBigUInt64LE(BigInt(tree), tree + FIRST + ADDRESS);
      }
    }),
    /contains itself/,
  ],
  'HDF5 trees of chunks that share their children': [
    changed((file) => {
      const all = trees(file);
      for (const tree of all) {
        file[tree + 5] = 200;
        for (const i of [0, 1]) file.writeBigUInt64LE(BigInt(all[0]!), tree + FIRST + ENTRY * i + ADDRESS);
      }
    }),
    /contains itself/,
  ],
  'HDF5 trees of 65,535 chunks': [
    changed((file) => trees(file).forEach((tree) => file.writeUInt16LE(0xffff, tree + 6))),
    /HDF5/,
  ],
  'HDF5 chunks that are all in one place': [
    changed((file) => entries(file).forEach((entry) => file.fill(0, entry + OFFSETS, entry + ADDRESS))),
    /two chunks in one place/,
  ],
  'HDF5 chunks 2^62 elements away': [
    changed((file) => entries(file).forEach((entry) => file.writeBigUInt64LE(2n ** 62n, entry + OFFSETS))),
    /has a chunk at/,
  ],
  'an HDF5 chunk that is a bomb': [
    changed((file) => withChunk(file, zlibZeros(512), true)),
    /has at least \d+ bytes/,
  ],
  'HDF5 chunks that are one bomb': [
    changed((file) => withChunk(file, zlibZeros(64))),
    /has chunks of \d+ bytes in/,
  ],
  'an HDF5 dataset of 16 MiB in one chunk of zeros': [
    changed(
      (file) => {
        setSizes(file, 2 ** 11, 2 ** 11);
        setShapes(file, 2n ** 11n, 2n ** 11n);
        return withChunk(file, zlibZeros(16), true);
      },
      { ...CHUNKS, chunkSize: 100 },
    ),
    /as 2048 x 2048, it needs/,
  ],
  'an HDF5 dataset of 16 MiB in chunks of its columns': [
    changed(
      (file) => {
        setSizes(file, 2 ** 21, 1);
        setShapes(file, 2n ** 21n, 2n);
        return withChunk(file, zlibZeros(8), true);
      },
      { ...CHUNKS, chunkSize: 100 },
    ),
    /as 2097152 x 2, it needs/,
  ],
  'an HDF5 chunk of a million blocks of nothing': [
    changed((file) => withChunk(file, emptyBlocks(1e6), true)),
    /break off|has a chunk of 0 bytes/,
  ],
  'HDF5 chunks that are all a million blocks of nothing': [
    changed((file) => withChunk(file, emptyBlocks(1e6))),
    /has chunks of \d+ bytes in/,
  ],
  'HDF5 chunks of 2^64 elements': [
    changed((file) => setSizes(file, 2 ** 32 - 1, 2 ** 32 - 1)),
    /has chunks of 4294967295/,
  ],
  'HDF5 chunks of no elements': [changed((file) => setSizes(file, 0, 0)), /has chunks of 0 x 0/],
  'HDF5 datasets of 2^40 elements without chunks': [
    changed((file) => setShapes(file, 2n ** 20n, 2n ** 20n), ABSENT),
    /become at least/,
  ],
  'HDF5 datasets of 48 MiB each without chunks': [
    changed((file) => setShapes(file, 2n ** 12n, 3n * 2n ** 10n), ABSENT),
    /become at least/,
  ],
  'HDF5 filters, 255 of them': [
    changed((file) =>
      placesOf(file, Buffer.of(1, 2, 0, 0, 0, 0, 0, 0, 2)).forEach((at) => (file[at + 1] = 255)),
    ),
    /applies a filter twice|refers to/,
  ],
  'an HDF5 array of 2^60 chunks': [
    changed(
      (file) => placesOf(file, 'FAHD').forEach((at) => file.writeBigUInt64LE(2n ** 60n, at + 8)),
      LATEST,
    ),
    /places of \d+ bytes for/,
  ],
  'an HDF5 array of chunks that is its own header': [
    changed(
      (file) => placesOf(file, 'FAHD').forEach((at) => file.writeBigUInt64LE(BigInt(at), at + 16)),
      LATEST,
    ),
    /has no FADB/,
  ],
  'an HDF5 array whose chunks have 2^64 bytes': [
    changed((file) => placesOf(file, 'FADB').forEach((at) => file.fill(0xff, at + 22, at + 24)), {
      ...LATEST,
      filters: ['deflate'],
    }),
    /refers to|has chunks of/,
  ],
};

export const HDF5_CHUNK_ATTACKS = modelAttacks(ROWS);
