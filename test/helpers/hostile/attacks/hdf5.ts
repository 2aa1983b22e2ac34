/** Hostile HDF5 files: valid ones with other addresses and sizes. */
import { h5Of } from '../../keras/files.ts';
import { configOf } from '../../keras/network.ts';
import { KERAS_NETWORKS } from '../../keras/networks.ts';
import { deep, modelAttacks, type Files, type Rows } from './attack.ts';

const keras = KERAS_NETWORKS.find(({ name }) => name.startsWith('a residual block'))!.network;

/** Where the letters of a structure are. */
function placesOf(file: Buffer, letters: string): readonly number[] {
  const places: number[] = [];
  for (let at = file.indexOf(letters); at >= 0; at = file.indexOf(letters, at + 1)) places.push(at);
  return places;
}

const changed =
  (change: (file: Buffer) => void, latest = false) =>
  (): Files => {
    const file = Buffer.from(h5Of(keras, { latest }));
    change(file);
    return { 'model.h5': file };
  };
/** Writes an address or a size into all structures with these letters. */
const everywhere = (letters: string, offset: number, value: (at: number, file: Buffer) => number) =>
  changed((file) => {
    for (const at of placesOf(file, letters)) file.writeBigUInt64LE(BigInt(value(at, file)), at + offset);
  });
const ROOT = 64;

const ROWS: Rows = {
  'HDF5 trees that are their own children': [everywhere('TREE', 32, (at) => at), /HDF5/],
  'an HDF5 tree of 65,535 children': [
    changed((file) => placesOf(file, 'TREE').forEach((at) => file.writeUInt16LE(0xffff, at + 6))),
    /HDF5/,
  ],
  'HDF5 trees 255 levels deep that are their own children': [
    changed((file) => {
      for (const at of placesOf(file, 'TREE')) {
        file[at + 5] = 255;
        file.writeBigUInt64LE(BigInt(at), at + 32);
      }
    }),
    /HDF5/,
  ],
  'HDF5 groups that are all the root': [
    everywhere('SNOD', 16, (_, file) => Number(file.readBigUInt64LE(ROOT))),
    /./,
  ],
  'an HDF5 leaf of 65,535 symbols': [
    changed((file) => placesOf(file, 'SNOD').forEach((at) => file.writeUInt16LE(0xffff, at + 6))),
    /HDF5/,
  ],
  'HDF5 names in themselves': [everywhere('HEAP', 24, (at) => at), /HDF5/],
  'HDF5 texts in heaps of 2^53 bytes': [everywhere('GCOL', 8, () => 2 ** 53), /./],
  'HDF5 texts of no length between others': [everywhere('GCOL', 24, () => 0), /./],
  'HDF5 texts of 2^62 bytes': [
    changed((file) => placesOf(file, 'GCOL').forEach((at) => file.writeBigUInt64LE(2n ** 62n, at + 48))),
    /./,
  ],
  'an HDF5 root beyond the end': [changed((file) => file.writeBigUInt64LE(2n ** 63n, ROOT)), /HDF5/],
  'an HDF5 root that is the start of the file': [changed((file) => file.writeBigUInt64LE(0n, ROOT)), /HDF5/],
  'HDF5 headers that continue in themselves': [
    changed((file) => {
      // Of a header of version 1: 16 bytes, then messages, of which a continuation is of type 16.
      for (let at = 96; at + 40 < file.length; at += 8)
        if (file.readUInt16LE(at) === 0x10 && file.readUInt16LE(at + 2) === 16)
          file.writeBigUInt64LE(BigInt(at), at + 8);
    }),
    /HDF5/,
  ],
  'HDF5 headers of version 2 that continue in themselves': [
    changed((file) => {
      for (const at of placesOf(file, 'OCHK')) {
        const address = Buffer.alloc(8);
        address.writeBigUInt64LE(BigInt(at));
        const from = file.indexOf(address);
        if (from >= 0) file.writeBigUInt64LE(BigInt(Math.max(0, from - 8)), from);
      }
    }, true),
    /HDF5/,
  ],
  'an HDF5 file of datasets of 2^64 rows': [
    changed((file) => {
      for (const { weights } of keras.layers)
        for (const { shape } of weights) {
          const sizes = Buffer.alloc(8 * shape.length);
          shape.forEach((size, i) => sizes.writeBigUInt64LE(BigInt(size), 8 * i));
          for (let at = file.indexOf(sizes); at >= 0; at = file.indexOf(sizes, at + 1))
            file.fill(0xff, at, at + sizes.length);
        }
    }),
    /./,
  ],
  'an h5 with a configuration of lists in lists': [
    () => ({ 'model.h5': withConfig(`{"class_name":"Sequential","config":${deep(1e5)}}`) }),
    /./,
  ],
  'an h5 with layers of 10^15 units': [
    () => {
      const text = JSON.stringify(configOf(keras, 2)).replaceAll(/"units":\d+/g, '"units":1000000000000000');
      return { 'model.h5': h5Of(keras, { config: JSON.parse(text) }) };
    },
    /./,
  ],
  'an h5 whose layers read each other': [
    () => {
      const text = JSON.stringify(configOf(keras, 2));
      const names = keras.layers.map(({ name }) => name);
      const last = names.at(-1)!;
      return {
        'model.h5': h5Of(keras, {
          config: JSON.parse(text.replaceAll(`["${names[0]}",0,0`, `["${last}",0,0`)),
        }),
      };
    },
    /./,
  ],
  'an h5 with an image of 2^60 pixels': [
    () => {
      const text = JSON.stringify(configOf(keras, 2)).replaceAll(
        /"batch_input_shape":\[null,[^\]]*\]/g,
        '"batch_input_shape":[null,1073741824,1073741824,1]',
      );
      return { 'model.h5': h5Of(keras, { config: JSON.parse(text) }) };
    },
    /./,
  ],
};

/** A configuration that is no JSON of a few levels, as text of the same file. */
function withConfig(config: string): Uint8Array {
  const placeholder = 'x'.repeat(config.length - 2);
  const file = Buffer.from(h5Of(keras, { config: placeholder }));
  file.write(config, file.indexOf(`"${placeholder}"`), 'latin1');
  return file;
}

export const HDF5_ATTACKS = modelAttacks(ROWS);
