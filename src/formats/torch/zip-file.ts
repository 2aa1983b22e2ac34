/** What torch.save writes since 1.6, and TorchScript: a zip of a pickle and a file for each storage, stored without compression. */
import { crc32 } from '../arrays/crc32.ts';
import { isZip, zipEntries, type ZipEntry } from '../arrays/zip.ts';
import { shown } from '../safetensors/header.ts';
import { damagedTorch } from './errors.ts';
import { TorchInterpreter } from './interpreter.ts';
import type { OpenedTorch, StoragePlace } from './opened.ts';
import { unpickle } from './pickle/unpickle.ts';

const PICKLE = /(^|\/)data\.pkl$/;

/** Whether a file is such a zip. */
export function isTorchZip(file: Uint8Array): boolean {
  if (!isZip(file)) return false;
  try {
    return zipEntries(file).some(({ name }) => PICKLE.test(name));
  } catch {
    return false;
  }
}

/** Throws 'bad-input' for damage. */
export function openTorchZip(file: Uint8Array): OpenedTorch {
  const entries = new Map<string, ZipEntry>();
  for (const entry of zipEntries(file)) if (!entries.has(entry.name)) entries.set(entry.name, entry);
  const name = [...entries.keys()].find((key) => PICKLE.test(key));
  if (name === undefined) throw damagedTorch('the zip file holds no data.pkl, so PyTorch did not write it');
  const folder = name.slice(0, -'data.pkl'.length);
  const checked = new Map<ZipEntry, Uint8Array>();
  const read = (path: string): ZipEntry & StoragePlace => {
    const entry = entries.get(path);
    if (!entry) throw damagedTorch(`the zip file has no ${shown(path)}`);
    if (!checked.has(entry)) checked.set(entry, storedBytes(entry));
    return entry;
  };
  const { value: root } = unpickle(read(name).compressed, new TorchInterpreter());
  const order = entries.has(`${folder}byteorder`)
    ? new TextDecoder().decode(read(`${folder}byteorder`).compressed)
    : 'little';
  return {
    root,
    bigEndian: order.trim() === 'big',
    storage: (key) => read(`${folder}data/${key}`),
    seal: (written, at) => {
      for (const entry of entries.values())
        if (at >= entry.begin && at < entry.begin + entry.bytes) writeChecksum(written, entry);
    },
  };
}

/** The data of a file in it. Throws 'bad-input' if it is compressed, or has another size or checksum than announced. */
function storedBytes({ name, deflated, compressed, bytes, crc }: ZipEntry): Uint8Array {
  if (deflated)
    throw damagedTorch(`${shown(name)} in the zip file is compressed, PyTorch reads only stored files`);
  if (compressed.length !== bytes)
    throw damagedTorch(
      `${shown(name)} in the zip file has ${compressed.length} bytes, its directory allows ${bytes}`,
    );
  const found = crc32(compressed);
  if (found !== crc)
    throw damagedTorch(`${shown(name)} in the zip file has the checksum ${found}, only ${crc} is allowed`);
  return compressed;
}

/** Bit of the flags: the checksum follows the data, and the header before them has 0. */
const HAS_DESCRIPTOR = 8;
const DESCRIPTOR = 0x08074b50;

/** Writes the checksum of the data wherever the zip file has it. */
function writeChecksum(file: Uint8Array, { central, local, begin, bytes, crc: before }: ZipEntry): void {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const crc = crc32(file.subarray(begin, begin + bytes));
  view.setUint32(central + 16, crc, true);
  // PyTorch writes 0 here; a program that leaves the flag may still write it.
  if (view.getUint32(local + 14, true) === before) view.setUint32(local + 14, crc, true);
  if (!(view.getUint16(local + 6, true) & HAS_DESCRIPTOR)) return;
  const end = begin + bytes;
  if (end + 8 > file.length) return;
  // The signature before it may be missing.
  const at = view.getUint32(end, true) === DESCRIPTOR ? end + 4 : end;
  if (view.getUint32(at, true) === before) view.setUint32(at, crc, true);
}
