/** Hostile data: arrays, tables and images. */
import { deflateSync } from 'node:zlib';
import { crc32 } from 'node:zlib';
import { encode as encodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import { idx } from '../../data/idx.ts';
import { npyBytes, npyOf } from '../../data/npy.ts';
import { dataAttacks, deep, text, type Files, type Rows } from './attack.ts';

const y = npyBytes([4], [0, 1, 2, 3]);
const npy =
  (shape: string, descr = '|u1') =>
  (): Files => ({
    'x.npy': npyOf(
      `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`,
      new Uint8Array(256),
    ),
    'y.npy': y,
  });
const images = (bytes: Uint8Array) => (): Files => ({
  't10k-images-idx3-ubyte': bytes,
  't10k-labels-idx1-ubyte': idx([4], Uint8Array.of(0, 1, 2, 3)),
});

const ARRAYS: Rows = {
  'an npy of 2^60 numbers': [npy('1073741824, 1073741824'), /bytes/],
  'an npy of more numbers than float64 counts': [npy('999999999999999, '.repeat(20)), /bytes/],
  'an npy of -4 images': [npy('-4, 1, 8, 8'), /npy header/],
  'an npy of 65 dimensions': [npy('1, '.repeat(65)), /list of sizes/],
  'an npy of texts of a billion characters': [npy('4', '<U999999999'), /bytes/],
  'an npy of records in records': [npy('4', `'${deep(1000)}'`), /npy/],
  'an npy whose header is 4 GB': [
    () => {
      const file = Buffer.from(npyOf('{}', new Uint8Array(9), 2));
      file.writeUInt32LE(0xffffffff, 8);
      return { 'x.npy': file, 'y.npy': y };
    },
    /announces a header of 4294967295 bytes/,
  ],
  'an IDX of 2^124 bytes': [
    images(idx([2 ** 31, 2 ** 31, 2 ** 31, 2 ** 31], new Uint8Array(4))),
    /announces/,
  ],
  'an IDX of 255 dimensions': [
    images(Uint8Array.of(0, 0, 8, 255, ...new Uint8Array(1020))),
    /255|magic|neither/,
  ],
  'an IDX of images without pixels': [images(idx([2 ** 32 - 1, 0, 0], new Uint8Array(0))), /./],
  'CIFAR with labels of 255': [() => ({ 'test_batch.bin': new Uint8Array(3073 * 4).fill(255) }), /./],
  'CIFAR of one byte': [() => ({ 'test_batch.bin': Uint8Array.of(1) }), /multiple/],
};

const table = (content: string | Uint8Array) => (): Files => ({
  'data.csv': typeof content === 'string' ? text(content) : content,
});
const TABLES: Rows = {
  'a row of two million fields': [table(Buffer.alloc(2_000_000, ',')), /./],
  'two rows of a million fields': [
    table(Buffer.concat([Buffer.alloc(1_000_000, ','), text('\n'), Buffer.alloc(1_000_000, ',')])),
    /./,
  ],
  'a table that is one quote': [table(Buffer.concat([text('"'), Buffer.alloc(5e6, 'a')])), /./],
  'a table of quotes': [table(Buffer.alloc(2e6, '"')), /./],
  'a number of a million digits': [table(Buffer.alloc(1e6, '9')), /./],
  'a table of five million empty lines': [table(Buffer.alloc(5e6, '\n')), /no rows/],
  'a million rows of nothing': [table(Buffer.concat([text('label,p\n'), Buffer.alloc(2e6, ',\n')])), /./],
  'a table of zeros': [table(new Uint8Array(1e6)), /./],
  'numbers that overflow': [
    table(`label,${Array(64).fill('p').join()}\n${Array(65).fill('9e999').join()}\n`),
    /./,
  ],
};

const chunk = (name: string, data: Uint8Array) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, crc]);
};
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
const header = (width: number, height: number, depth = 8, color = 0, interlaced = 0) => {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([depth, color, 0, 0, interlaced], 8);
  return chunk('IHDR', data);
};
const END = chunk('IEND', new Uint8Array(0));
const BOMB = deflateSync(Buffer.alloc(64 * 2 ** 20));
const pixels = chunk('IDAT', deflateSync(Buffer.alloc(72)));
/** Each image of its own class. */
const folder = (name: string, bytes: Uint8Array): Files =>
  Object.fromEntries(['a', 'b', 'c', 'd'].map((label) => [`${label}/${name}`, bytes]));
const png = (...chunks: readonly Uint8Array[]) => {
  return (): Files => folder('0.png', Buffer.concat([SIGNATURE, ...chunks]));
};

const PNG: Rows = {
  'a PNG of 2^62 pixels': [png(header(2 ** 31, 2 ** 31), pixels, END), /pixels/],
  'a PNG of 4,096 x 4,096 pixels in a few bytes': [
    png(header(4096, 4096), pixels, END),
    /pixels|network takes/,
  ],
  'a PNG without pixels': [png(header(0, 8), pixels, END), /0/],
  'a PNG whose pixels inflate to 64 MiB': [png(header(8, 8), chunk('IDAT', BOMB), END), /PNG/],
  'a PNG with a profile of 64 MiB and no pixels': [
    png(header(8, 8), chunk('iCCP', Buffer.concat([text('a\0\0'), BOMB])), END),
    /PNG/,
  ],
  'a PNG with a chunk of 4 GB': [
    png(header(8, 8), Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff]), text('IDAT')]), Buffer.alloc(16)),
    /PNG/,
  ],
  'a PNG of 20,000 chunks without pixels': [
    png(header(8, 8), ...Array.from({ length: 2e4 }, () => chunk('IDAT', new Uint8Array(0))), END),
    /PNG/,
  ],
  'a PNG of 255 bits': [png(header(8, 8, 255), pixels, END), /PNG/],
  'a PNG with a palette and none': [png(header(8, 8, 8, 3), pixels, END), /PNG/],
  'a PNG with two headers': [png(header(8, 8), header(4096, 4096), pixels, END), /two headers/],
};

const jpegWith = (change: (file: Buffer, frame: number) => Uint8Array) => (): Files => {
  const rgba = Buffer.alloc(256, 255);
  const file = Buffer.from(jpeg.encode({ width: 8, height: 8, data: rgba }, 90).data);
  return folder('0.jpg', change(file, file.indexOf(Buffer.from([0xff, 0xc0]))));
};
const JPEG: Rows = {
  'a JPEG of 65,535 x 65,535 pixels': [
    jpegWith((file, frame) => {
      file.fill(0xff, frame + 5, frame + 9);
      return file;
    }),
    /pixels/,
  ],
  'a JPEG whose components are sampled 15 times': [
    jpegWith((file, frame) => {
      file[frame + 11] = 0xff;
      return file;
    }),
    /./,
  ],
  'a JPEG of 1,000 scans': [
    jpegWith((file) => {
      const scan = file.indexOf(Buffer.from([0xff, 0xda]));
      return Buffer.concat([
        file.subarray(0, scan),
        ...Array.from({ length: 1000 }, () => file.subarray(scan, -2)),
      ]);
    }),
    /scans/,
  ],
  'a JPEG of two frames': [
    jpegWith((file, frame) =>
      Buffer.concat([file.subarray(0, frame), file.subarray(frame, frame + 19), file.subarray(frame)]),
    ),
    /frames/,
  ],
  'a JPEG of markers alone': [() => folder('0.jpg', Buffer.alloc(1e6, Buffer.from([0xff, 0xd8]))), /JPEG/],
};

const OTHER: Rows = {
  'an image in no folder': [
    () => ({ '0.png': encodePng({ width: 8, height: 8, channels: 1, depth: 8, data: new Uint8Array(64) }) }),
    /in no folder/,
  ],
  'a folder with a name that leads out of it': [
    () => ({ '../0.png': Buffer.concat([SIGNATURE, header(8, 8), END]) }),
    /./,
  ],
};

export const DATA_ATTACKS = dataAttacks({ ...ARRAYS, ...TABLES, ...PNG, ...JPEG, ...OTHER });
