/** The data of entries of a zip file, and the file with other data of one entry. */
import { zipSync, type Zippable } from 'fflate';
import { checkArrayBytes, checkInflation } from '../arrays/array.ts';
import { crc32 } from '../arrays/crc32.ts';
import { inflate } from '../arrays/inflate.ts';
import { checkedEntry, type ZipEntry } from '../arrays/zip.ts';
import { shown } from '../safetensors/header.ts';

/** Before the data of an entry, whose checksum follows them where its header has none. */
const FOLLOWING = 8;
const DESCRIPTOR = 0x08074b50;

/** The uncompressed data. Throws 'bad-input' for more than 1 GiB, and unless they have the announced size and checksum. */
export function entryData(entry: ZipEntry): Uint8Array {
  checkArrayBytes(`${shown(entry.name)} in the zip file`, entry.bytes);
  if (entry.deflated)
    checkInflation(entry.compressed.length, entry.bytes, `${shown(entry.name)} in the zip file`);
  const data = entry.deflated
    ? inflate(entry.compressed, entry.bytes, `${shown(entry.name)} in the zip file`)
    : entry.compressed;
  return checkedEntry(entry, data);
}

/** The file with `data` in an entry: in place if it is not compressed and `data` have its length. */
export function withEntry(
  file: Uint8Array,
  entries: readonly ZipEntry[],
  changed: ZipEntry,
  data: Uint8Array,
): Uint8Array {
  return changed.deflated || data.length !== changed.bytes
    ? zipped(entries, changed, data)
    : patched(new Uint8Array(file), changed, data, file.byteOffset);
}

function patched(copy: Uint8Array, entry: ZipEntry, data: Uint8Array, offset: number): Uint8Array {
  const view = new DataView(copy.buffer, copy.byteOffset, copy.length);
  const begin = entry.compressed.byteOffset - offset;
  copy.set(data, begin);
  const crc = crc32(data);
  view.setUint32(entry.central + 16, crc, true);
  if ((view.getUint16(entry.local + 6, true) & FOLLOWING) === 0) {
    view.setUint32(entry.local + 14, crc, true);
    return copy;
  }
  const end = begin + data.length;
  const hasSignature = end + 4 <= copy.length && view.getUint32(end, true) === DESCRIPTOR;
  const at = end + (hasSignature ? 4 : 0);
  if (at + 4 <= copy.length && view.getUint32(at, true) === entry.crc) view.setUint32(at, crc, true);
  return copy;
}

function zipped(entries: readonly ZipEntry[], changed: ZipEntry, data: Uint8Array): Uint8Array {
  // The same bytes at every time.
  const mtime = new Date(1980, 0, 1);
  const files: Zippable = {};
  for (const entry of entries)
    files[entry.name] = [
      entry === changed ? data : entryData(entry),
      { level: entry.deflated ? 6 : 0, mtime },
    ];
  return zipSync(files);
}
