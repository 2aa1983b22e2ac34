/**
 * Numbers and texts at addresses of an HDF5 file, which may be hostile: every read is compared with the end of the file, and all reads together
 * are counted, so that structures that refer to themselves or to each other end.
 */
import { MasksearchError } from '../../core/error.ts';
import { damagedFile } from '../arrays/array.ts';

/** Structures that are looked at: a network of 1,000 layers has some 30,000. */
const MAX_STEPS = 2 ** 19;

/**
 * Bytes that datasets in chunks may become, all together: so many in any file, beyond that a hundred times as many as it has, and never more than the last, of
 * which three times as many are in memory while one chunk is decoded. 16 MiB take half a second.
 */
const MAX_DECODED_OF_ANY = 2 ** 24;
const MAX_DECODED_TIMES = 100;
const MAX_DECODED = 2 ** 27;

/** An address that leads nowhere. Larger ones than float64 can count are no addresses either. */
export const UNDEFINED = Infinity;

export class Hdf5Reader {
  readonly file: Uint8Array;
  readonly #view: DataView;
  #steps = 0;
  #textBytes = 0;
  #decodedBytes = 0;
  #storedBytes = 0;

  constructor(file: Uint8Array) {
    this.file = file;
    this.#view = new DataView(file.buffer, file.byteOffset, file.length);
  }

  /** Counts one structure. Throws 'bad-input' after too many. */
  step(): void {
    if (++this.#steps > MAX_STEPS)
      throw damaged(`has more than ${MAX_STEPS} structures, or some that refer to themselves`);
  }

  /**
   * Counts bytes that chunks become, and those that they have in the file. Throws 'bad-input' for more than such a file may become, and for
   * chunks that share their bytes: all together are longer than the file.
   */
  countDecoded(decoded: number, stored: number): void {
    this.#decodedBytes += decoded;
    this.#storedBytes += stored;
    const limit = Math.min(MAX_DECODED, Math.max(MAX_DECODED_OF_ANY, MAX_DECODED_TIMES * this.file.length));
    if (!(this.#decodedBytes <= limit))
      throw new MasksearchError(
        'bad-input',
        `the HDF5 file has chunks that become at least ${this.#decodedBytes} bytes, at most ${limit} are allowed for its ${this.file.length}`,
        'load the model in Keras and save it again, which makes no chunks',
      );
    if (!(this.#storedBytes <= this.file.length))
      throw damaged(`has chunks of ${this.#storedBytes} bytes in ${this.file.length}`);
  }

  /** Throws 'bad-input' unless `length` bytes follow `at`. */
  check(at: number, length: number): void {
    if (!(at + length <= this.file.length))
      throw damaged(`refers to ${length} bytes at ${at}, which are not within its ${this.file.length} bytes`);
  }

  u8(at: number): number {
    this.check(at, 1);
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    this.check(at, 2);
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    this.check(at, 4);
    return this.#view.getUint32(at, true);
  }

  /** `UNDEFINED` for more than float64 can count. */
  u64(at: number): number {
    this.check(at, 8);
    const value = this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
    return Number.isSafeInteger(value) ? value : UNDEFINED;
  }

  /** A number of 1, 2, 4 or 8 bytes. */
  unsigned(at: number, size: number): number {
    if (size === 1) return this.u8(at);
    if (size === 2) return this.u16(at);
    return size === 4 ? this.u32(at) : this.u64(at);
  }

  /** Throws 'bad-input' unless these four letters are there. */
  signature(at: number, letters: string): void {
    this.step();
    this.check(at, 4);
    for (let i = 0; i < 4; i++)
      if (this.file[at + i] !== letters.charCodeAt(i)) throw damaged(`has no ${letters} at byte ${at}`);
  }

  /** UTF-8 text up to the first zero byte. All texts together are at most as long as the file, and one megabyte. */
  text(at: number, length: number): string {
    this.check(at, length);
    this.#textBytes += length;
    if (this.#textBytes > this.file.length + 2 ** 20) throw damaged('has more text than bytes');
    const bytes = this.file.subarray(at, at + length);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  }
}

/** `why` continues a sentence that starts with the file. */
export const damaged = (why: string): MasksearchError => damagedFile(`the HDF5 file ${why}`);
