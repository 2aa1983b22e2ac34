/** Arrays as files hold them: numbers or texts with a shape, row-major. */
import { MasksearchError } from '../../core/error.ts';

/** Floats of 16 bits become float32; whole numbers of 64 bits become float64; booleans become int8, since they are no bytes. */
export type Numbers =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

export interface NumberArray {
  readonly shape: readonly number[];
  /** One number per index of `shape`; may share the memory of the file. */
  readonly numbers: Numbers;
}

export interface TextArray {
  readonly shape: readonly number[];
  readonly texts: readonly string[];
}

export type DecodedArray = NumberArray | TextArray;

/** A file with arrays, which are decoded one at a time. */
export interface ArrayFile {
  readonly names: readonly string[];
  /** Rejects with 'bad-input' for an array that is damaged or of a type that is not read. */
  readonly read: (name: string) => Promise<DecodedArray>;
}

/** Bytes that the arrays of a file may have, uncompressed. */
export const MAX_ARRAY_BYTES = 2 ** 30;

export function isText(array: DecodedArray): array is TextArray {
  return 'texts' in array;
}

/** Number of elements of an array of this shape; Infinity where float64 cannot count them. */
export function elementsIn(shape: readonly number[]): number {
  const count = shape.reduce((product, size) => product * size, 1);
  return Number.isSafeInteger(count) ? count : Infinity;
}

/** Throws 'bad-input' for more bytes than arrays may have. */
export function checkArrayBytes(what: string, bytes: number): void {
  if (bytes > MAX_ARRAY_BYTES) {
    throw new MasksearchError(
      'bad-input',
      `${what} has ${bytes} bytes, at most ${MAX_ARRAY_BYTES} are allowed`,
      'use fewer images',
    );
  }
}

/** The error for a file that breaks its format. */
export function damagedFile(message: string, cause?: unknown): MasksearchError {
  return new MasksearchError('bad-input', message, 'take a fresh copy of the file', { cause });
}

/** Bytes that any data may inflate to, and how many times as long they may be beyond: images and weights shrink to a tenth at best. */
const MAX_ANY = 2 ** 26;
const MAX_TIMES = 100;

/** Bytes that so many compressed ones may inflate to: a small file cannot fill the memory. */
export const maxInflated = (compressed: number): number =>
  Math.min(MAX_ARRAY_BYTES, Math.max(MAX_ANY, MAX_TIMES * compressed));

/** Throws 'bad-input' for data, called `what` in messages, that would be more. */
export function checkInflation(compressed: number, bytes: number, what: string): void {
  if (bytes > maxInflated(compressed))
    throw damagedFile(
      `${what} announces ${bytes} bytes, more than its ${compressed} compressed bytes can hold of images or weights`,
    );
}
