/** Hostile zip files, in every format that is one, and hostile gzip. */
import { zipSync } from 'fflate';
import { idx } from '../../data/idx.ts';
import { npyBytes, npyOf, npz, zip } from '../../data/npy.ts';
import { kerasOf } from '../../keras/files.ts';
import { KERAS_NETWORKS } from '../../keras/networks.ts';
import {
  dataAttacks,
  deflatedZeros,
  gzippedZeros,
  modelAttacks,
  text,
  zipped,
  type Files,
  type Rows,
} from './attack.ts';

const MEBI = 2 ** 20;
const keras = KERAS_NETWORKS.find(({ name }) => name.startsWith('a residual block'))!.network;
const labels = npyBytes([4], [0, 1, 2, 3]);
const one = (name: string, bytes: Uint8Array): Files => ({ [name]: bytes });
const bomb = (name: string, mebibytes: number) => ({
  ...{ name, data: deflatedZeros(mebibytes), bytes: mebibytes * MEBI, crc: 0 },
});

/** What zip files do that are of any format: under the name of one. */
const anyZip = (name: string): Rows => ({
  [`a ${name} of 5,000 entries in one place`]: [
    () =>
      one(
        name,
        zipped(
          Array.from({ length: 5_000 }, (_, i) => ({ name: `e${i}.npy`, data: labels })),
          { shared: true },
        ),
      ),
    /./,
  ],
  [`a ${name} with names that lead out of its folder`]: [
    () =>
      one(
        name,
        zipped(
          ['../../../tmp/x.npy', '/etc/passwd', '..\\..\\x.npy', '../config.json'].map((path) => ({
            ...{ name: path, data: labels },
          })),
        ),
      ),
    /./,
  ],
  [`a ${name} whose directory is in itself`]: [
    () => {
      const file = Buffer.from(zipped([{ name: 'x.npy', data: labels }]));
      file.writeUInt32LE(file.length - 22, file.length - 6);
      return one(name, file);
    },
    /./,
  ],
  [`a ${name} of Zip64`]: [
    () => {
      const file = Buffer.from(zipped([{ name: 'x.npy', data: labels }]));
      file.writeUInt16LE(0xffff, file.length - 12);
      file.writeUInt32LE(0xffffffff, file.length - 6);
      return one(name, file);
    },
    /Zip64/,
  ],
});

const KERAS: Rows = {
  ...anyZip('model.keras'),
  'a .keras whose configuration inflates to 1 GiB': [
    () => one('model.keras', zipped([bomb('config.json', 1024), bomb('model.weights.h5', 1)])),
    /config\.json/,
  ],
  'a .keras whose weights inflate to 1 GiB': [
    () => {
      const config = text('{"class_name":"Sequential","config":{"layers":[]}}');
      return one(
        'model.keras',
        zipped([{ name: 'config.json', data: config }, bomb('model.weights.h5', 1024)]),
      );
    },
    /model\.weights\.h5/,
  ],
  'a .keras in itself': [
    () => one('model.keras', zipSync({ 'config.json': kerasOf(keras), 'model.weights.h5': kerasOf(keras) })),
    /JSON/,
  ],
};

const TORCH: Rows = anyZip('model.pt');

const images = npyBytes([4, 1, 8, 8], new Uint8Array(256));
/** In whose directory something is announced that its files are not. */
const announcing = (fields: { readonly compressed?: number; readonly bytes: number }) => (): Files => {
  const change = (directory: Buffer) => {
    if (fields.compressed !== undefined) directory.writeUInt32LE(fields.compressed, 20);
    directory.writeUInt32LE(fields.bytes, 24);
  };
  return one('data.npz', npz({ x: images, y: labels }, { deflate: fields.compressed === undefined, change }));
};

const NPZ: Rows = {
  ...anyZip('data.npz'),
  'an npz whose directory announces 4 GB': [announcing({ bytes: 0xffffffff }), /Zip64|bytes/],
  'an npz whose directory announces 1 GB of a few bytes': [
    announcing({ bytes: 1e9 }),
    /announces 1000000000/,
  ],
  'an npz whose directory announces more than the file': [
    announcing({ compressed: 0xfffffff, bytes: 0xfffffff }),
    /announces 268435455 bytes/,
  ],
  'an npz that inflates to more than it announces': [
    announcing({ bytes: 100 }),
    /at least 384 bytes, its directory allows 100/,
  ],
  'an npz of a trillion images': [
    () => {
      const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (999999999999, 8, 8), }";
      return one('data.npz', npz({ x: npyOf(header, new Uint8Array(9)), y: labels }));
    },
    /999999999999/,
  ],
  'an npz of deflated zeros for an array': [
    () => one('data.npz', zip({ 'x.npy': deflatedZeros(1), 'y.npy': labels })),
    /npy/,
  ],
  'an npz that inflates to 1 GiB': [
    () => one('data.npz', zipped([bomb('x.npy', 1023), { name: 'y.npy', data: labels }])),
    /x\.npy/,
  ],
  'an npz of pickled Python objects': [
    () =>
      one(
        'data.npz',
        zipped([
          {
            name: 'x.npy',
            data: npyOf(
              "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
              text("cos\nsystem\n(S'true'\ntR."),
            ),
          },
          { name: 'y.npy', data: labels },
        ]),
      ),
    /pickled Python objects/,
  ],
  'a table in gzip that inflates to 1 GiB': [
    () => one('data.csv.gz', gzippedZeros(text('label,p\n'), 1023)),
    /at most \d+ are allowed/,
  ],
  'an IDX in gzip that inflates to 1 GiB and announces it': [
    () => ({
      't10k-images-idx3-ubyte.gz': gzippedZeros(idx([2 ** 24 - 1, 8, 8], new Uint8Array(0)), 1023),
      't10k-labels-idx1-ubyte': idx([4], Uint8Array.of(0, 1, 2, 3)),
    }),
    /gzip/,
  ],
  'an IDX in gzip that inflates to more than it announces': [
    () => ({
      't10k-images-idx3-ubyte.gz': gzippedZeros(idx([4, 8, 8], new Uint8Array(256)), 64),
      't10k-labels-idx1-ubyte': idx([4], Uint8Array.of(0, 1, 2, 3)),
    }),
    /at most 272 are allowed/,
  ],
};

export const ARCHIVE_ATTACKS = [...modelAttacks({ ...KERAS, ...TORCH }), ...dataAttacks(NPZ)];
