/** What makes a hostile file by hand. */
import { deflateRawSync, gzipSync, constants, crc32 } from 'node:zlib';
import { tinyNetwork } from '../../data/models.ts';
import type { Given } from '../given.ts';

export interface Attack {
  /** Completes "refuses ...". */
  readonly what: string;
  /** Of the error's sentence. */
  readonly pattern: RegExp;
  readonly open: () => Given;
}

/** Files by their paths; the first is the one that is named. */
export type Files = Readonly<Record<string, Uint8Array>>;

/** A table of attacks: what, the files, and a pattern of the sentence. */
export type Rows = Readonly<Record<string, readonly [files: () => Files, pattern: RegExp]>>;

export function attacks(rows: Rows, given: Omit<Given, 'files'>): readonly Attack[] {
  return Object.entries(rows).map(([what, [files, pattern]]) => ({
    ...{ what, pattern },
    open: () => ({ ...given, files: new Map(Object.entries(files())) }),
  }));
}

export const modelAttacks = (rows: Rows) => attacks(rows, { role: 'model', network: tinyNetwork });
export const dataAttacks = (rows: Rows) => attacks(rows, { role: 'data', network: tinyNetwork });

export const text = (value: string): Uint8Array => Buffer.from(value);
export const json = (value: unknown): Uint8Array => text(JSON.stringify(value));

/** Lists in lists. */
export const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

const MEBIBYTE = Buffer.alloc(2 ** 20);

/** Deflated zeros, of which a thousand are a byte: 64 kB for each 64 MiB. */
export function deflatedZeros(mebibytes: number): Uint8Array {
  const block = deflateRawSync(MEBIBYTE, { finishFlush: constants.Z_FULL_FLUSH });
  // An empty last block ends them.
  return Buffer.concat([...Array.from({ length: mebibytes }, () => block), Buffer.from([3, 0])]);
}

/** `start` and then zeros, as one gzip file of several members. */
export function gzippedZeros(start: Uint8Array, mebibytes: number): Uint8Array {
  const member = gzipSync(MEBIBYTE);
  return Buffer.concat([gzipSync(start), ...Array.from({ length: mebibytes }, () => member)]);
}

/** A file in a zip as it is announced, which it need not be. */
export interface ZippedFile {
  readonly name: string;
  /** Deflated if `bytes` is another number. */
  readonly data: Uint8Array;
  readonly bytes?: number;
  readonly crc?: number;
}

/** A zip of files that lie once, or all in one place. */
export function zipped(files: readonly ZippedFile[], { shared = false } = {}): Uint8Array {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [i, { name, data, bytes, crc = crc32(data) }] of files.entries()) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(bytes === undefined ? 0 : 8, 4);
    fields.writeUInt32LE(crc, 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(bytes ?? data.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const begin = shared ? 0 : at;
    if (i === 0 || !shared) {
      locals.push(Buffer.from('PK\x03\x04'), fields, Buffer.from(name), Buffer.from(data));
      at += 30 + name.length + data.length;
    }
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(begin, 10);
    central.push(Buffer.from('PK\x01\x02\0\0'), fields, rest, Buffer.from(name));
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}
