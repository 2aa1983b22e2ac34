/** Files of arrays, told apart by their content. */
import { MasksearchError } from '../../core/error.ts';
import { isGzip } from '../gunzip.ts';
import type { ArrayFile, DecodedArray } from './array.ts';
import { decodeIdx, isIdx } from './idx.ts';
import { isNpy } from './npy-header.ts';
import { decodeNpy } from './npy.ts';
import { openNpz } from './npz.ts';
import { isSafetensors, openSafetensors } from './safetensors.ts';
import { isZip } from './zip.ts';

/** 'idx' and 'npy' hold one array without a name, the others several with names. */
export type ArrayFormat = 'idx' | 'npy' | 'npz' | 'safetensors';

/** First bytes of a file that are enough to tell its format. */
export const SNIFFED_BYTES = 16;

/** The format of a file that starts with `bytes`; undefined for any other. Every gzip file is taken for IDX. */
export function formatOf(bytes: Uint8Array): ArrayFormat | undefined {
  if (isZip(bytes)) return 'npz';
  if (isNpy(bytes)) return 'npy';
  if (isIdx(bytes) || isGzip(bytes)) return 'idx';
  return isSafetensors(bytes) ? 'safetensors' : undefined;
}

const NAMES: readonly (readonly [ArrayFormat, RegExp])[] = [
  ['npz', /\.npz$/i],
  ['npy', /\.npy$/i],
  ['safetensors', /\.safetensors$/i],
  ['idx', /\bidx\d?\b/i],
];

/** The format that the name of a file claims, "train-images-idx3-ubyte.gz"; undefined if it claims none. */
export function claimedFormat(name: string): ArrayFormat | undefined {
  return NAMES.find(([, pattern]) => pattern.test(name))?.[0];
}

/**
 * The arrays of the file `fileName`, after which the only one of an IDX or npy file is named. Throws 'bad-input' for any other file; of
 * one that claims a format it says what is damaged.
 */
export function openArrays(bytes: Uint8Array, fileName: string): ArrayFile {
  switch (formatOf(bytes) ?? claimedFormat(fileName)) {
    case 'npz':
      return openNpz(bytes);
    case 'safetensors':
      return openSafetensors(bytes);
    case 'npy':
      return single(fileName, () => decodeNpy(bytes));
    case 'idx':
      return single(fileName, () => decodeIdx(bytes));
    case undefined:
      throw new MasksearchError(
        'bad-input',
        `the file has ${bytes.length} bytes that are neither IDX, npz, npy, safetensors, CSV nor an image`,
        'convert it to one of them',
      );
  }
}

function single(name: string, decode: () => DecodedArray | Promise<DecodedArray>): ArrayFile {
  return { names: [name], read: () => Promise.resolve().then(decode) };
}
