/** Zip, which may be hostile: sizes come from its central directory and are compared with the file before they are used. */
import { MasksearchError } from '../../core/error.ts';
import { shown } from '../safetensors/header.ts';
import { totalOf } from '../../core/math.ts';
import { crc32 } from './crc32.ts';
import { checkInflation, damagedFile } from './array.ts';

export interface ZipEntry {
  readonly name: string;
  /** Of the uncompressed data, as the directory announces it. */
  readonly bytes: number;
  readonly crc: number;
  readonly deflated: boolean;
  /** Bytes of the file where its record in the directory, its own header and its data start. */
  readonly central: number;
  readonly local: number;
  readonly begin: number;
  readonly compressed: Uint8Array;
}

/** One for all: making one takes longer than decoding a name. */
const DECODER = new TextDecoder();
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const END = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT = 0xffff;
/** In place of a number that only Zip64 can hold. */
const NONE = 0xffffffff;

/** True if `bytes` start with the signature of a zip file. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

/** The directory of a zip file. Throws 'bad-input' for encryption, Zip64, other compression than deflate, and damage. */
export function zipEntries(file: Uint8Array): readonly ZipEntry[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  const size = view.getUint32(end + 12, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || size === NONE || at === NONE) throw zip64('the zip file');
  if (at + size > end || count * CENTRAL_BYTES > size) {
    throw damagedFile(
      `the zip file announces ${count} files in a directory of ${size} bytes at byte ${at}, more than its ${file.length} bytes allow`,
    );
  }
  const stop = at + size;
  return Array.from({ length: count }, () => {
    if (at + CENTRAL_BYTES > stop || view.getUint32(at, true) !== CENTRAL) {
      throw damagedFile(`the directory of the zip file is damaged at byte ${at}`);
    }
    const next = at + CENTRAL_BYTES + totalOf([28, 30, 32].map((field) => view.getUint16(at + field, true)));
    if (next > stop) throw damagedFile(`the directory of the zip file is damaged at byte ${at}`);
    const entry = entryAt(file, view, at);
    at = next;
    return entry;
  });
}

/** The uncompressed data of an entry. Rejects with 'bad-input' unless they have the announced size and checksum. */
export async function readEntry(entry: ZipEntry): Promise<Uint8Array> {
  return checkedEntry(entry, entry.deflated ? await inflated(entry) : entry.compressed);
}

/** `data`. Throws 'bad-input' unless they have the size and checksum that the entry announces. */
export function checkedEntry(entry: ZipEntry, data: Uint8Array): Uint8Array {
  if (data.length !== entry.bytes) {
    throw damagedFile(
      `${shown(entry.name)} in the zip file has ${data.length} bytes, its directory allows ${entry.bytes}`,
    );
  }
  const found = crc32(data);
  if (found !== entry.crc) {
    throw damagedFile(
      `${shown(entry.name)} in the zip file has the checksum ${found}, only ${entry.crc} is allowed`,
    );
  }
  return data;
}

const zip64 = (what: string) =>
  new MasksearchError(
    'bad-input',
    `${what} is of Zip64, for more than 4 GB or 65,534 files, which is not read`,
    'use a smaller file',
  );

/** Where the record at the end starts; a comment may follow it. */
function findEnd(view: DataView): number {
  const first = Math.max(0, view.byteLength - END_BYTES - MAX_COMMENT);
  for (let at = view.byteLength - END_BYTES; at >= first; at--) {
    if (
      view.getUint32(at, true) === END &&
      at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength
    )
      return at;
  }
  throw damagedFile(`the zip file of ${view.byteLength} bytes has no directory at its end, it is cut off`);
}

function entryAt(file: Uint8Array, view: DataView, at: number): ZipEntry {
  const nameBytes = view.getUint16(at + 28, true);
  const name = DECODER.decode(file.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes));
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const [crc, compressedBytes, bytes] = [16, 20, 24].map((field) => view.getUint32(at + field, true)) as [
    number,
    number,
    number,
  ];
  const refuse = (what: string) => damagedFile(`${shown(name)} in the zip file ${what}`);
  if (flags & 1) throw refuse('is encrypted, only plain files are read');
  if (method !== 0 && method !== 8) {
    throw refuse(`is compressed by method ${method}, only 0 and 8 are read, stored and deflated`);
  }
  const local = view.getUint32(at + 42, true);
  if (local === NONE || bytes === NONE || compressedBytes === NONE)
    throw zip64(`${shown(name)} in the zip file`);
  if (local + LOCAL_BYTES > file.length || view.getUint32(local, true) !== LOCAL) {
    throw refuse(`should start at byte ${local}, where there is no file`);
  }
  const start = local + LOCAL_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (start + compressedBytes > file.length) {
    throw refuse(`announces ${compressedBytes} bytes, only ${Math.max(0, file.length - start)} follow`);
  }
  return {
    ...{ name, bytes, crc, deflated: method === 8, central: at, local, begin: start },
    compressed: file.subarray(start, start + compressedBytes),
  };
}

async function inflated({ name, bytes, compressed }: ZipEntry): Promise<Uint8Array> {
  checkInflation(compressed.length, bytes, `${shown(name)} in the zip file`);
  // Loaded only here: most data need no inflating.
  const { inflate } = await import('./inflate.ts');
  return inflate(compressed, bytes, `${shown(name)} in the zip file`);
}
