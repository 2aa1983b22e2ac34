/** npz, NumPy's file of several arrays: a zip of npy files. */
import { shown } from '../safetensors/header.ts';
import { checkArrayBytes, damagedFile, type ArrayFile } from './array.ts';
import { decodeNpy } from './npy.ts';
import { readEntry, zipEntries, type ZipEntry } from './zip.ts';

const SUFFIX = '.npy';

/** The arrays of an npz file. Throws 'bad-input' for a damaged directory, reading for damaged arrays and more than 1 GiB. */
export function openNpz(file: Uint8Array): ArrayFile {
  const entries = new Map<string, ZipEntry>();
  for (const entry of zipEntries(file)) {
    if (!entry.name.endsWith(SUFFIX)) continue;
    const name = entry.name.slice(0, -SUFFIX.length);
    if (entries.has(name)) throw damagedFile(`the npz file holds ${shown(name)} twice, once is allowed`);
    entries.set(name, entry);
  }
  let taken = 0;
  return {
    names: [...entries.keys()],
    async read(name) {
      const entry = entries.get(name)!;
      taken += entry.bytes;
      // Before anything is inflated.
      checkArrayBytes('the npz file, uncompressed,', taken);
      return decodeNpy(await readEntry(entry));
    },
  };
}
