/** Bytes to numbers of any element type. A host with big-endian numbers is not supported. */
import type { Numbers } from './array.ts';

/** Bytes per element. */
export const ELEMENT_BYTES = {
  bool: 1,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
} as const;

export type ElementType = keyof typeof ELEMENT_BYTES;

/** The numbers in `bytes`, whose length must be a multiple of the element's; they share its memory where they can. */
export function decodeNumbers(bytes: Uint8Array, type: ElementType, bigEndian = false): Numbers {
  const size = ELEMENT_BYTES[type];
  const { buffer, byteOffset, length } = bigEndian ? swapped(bytes, size) : aligned(bytes, size);
  const count = length / size;
  switch (type) {
    case 'bool':
      return mapped(bytes, new Int8Array(count), (byte) => Number(byte !== 0));
    case 'uint8':
      // Not `bytes`, which may be a Buffer of Node: its `slice` does not copy.
      return new Uint8Array(buffer, byteOffset, count);
    case 'int8':
      return new Int8Array(buffer, byteOffset, count);
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, count);
    case 'int16':
      return new Int16Array(buffer, byteOffset, count);
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, count);
    case 'int32':
      return new Int32Array(buffer, byteOffset, count);
    case 'float32':
      return new Float32Array(buffer, byteOffset, count);
    case 'float64':
      return new Float64Array(buffer, byteOffset, count);
    case 'float16':
      return mapped(new Uint16Array(buffer, byteOffset, count), new Float32Array(count), halfToNumber);
    case 'bfloat16':
      return new Float32Array(
        mapped(new Uint16Array(buffer, byteOffset, count), new Uint32Array(count), (half) => half << 16)
          .buffer,
      );
    case 'uint64':
    case 'int64':
      return wholeNumbers(new Uint32Array(buffer, byteOffset, 2 * count), type === 'int64');
  }
}

/** `to` with `map` of each number. The method `from` would make a list of all of them first, which exhausts the memory. */
function mapped<T extends Numbers>(from: Numbers, to: T, map: (number: number) => number): T {
  for (let i = 0; i < to.length; i++) to[i] = map(from[i]!);
  return to;
}

/** The same bytes at an address that a typed array of such elements can start at. */
function aligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
}

/** A copy with the bytes of each element in the opposite order. */
function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const copy = new Uint8Array(bytes.length);
  for (let start = 0; start < bytes.length; start += size) {
    for (let i = 0; i < size; i++) copy[start + i] = bytes[start + size - 1 - i]!;
  }
  return copy;
}

/** Numbers of 64 bits from their words, the low one first, rounded to float64. */
function wholeNumbers(words: Uint32Array, signed: boolean): Float64Array {
  const numbers = new Float64Array(words.length / 2);
  for (let i = 0; i < numbers.length; i++) {
    const high = words[2 * i + 1]!;
    numbers[i] = (signed ? high | 0 : high) * 2 ** 32 + words[2 * i]!;
  }
  return numbers;
}

/** IEEE 754 binary16. */
function halfToNumber(half: number): number {
  const sign = half >> 15 === 0 ? 1 : -1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
