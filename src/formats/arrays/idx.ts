/** IDX, the file format of MNIST: a big-endian magic number and sizes, then numbers. Plain or gzipped. */
import { gunzip, isGzip } from '../gunzip.ts';
import { checkArrayBytes, damagedFile, elementsIn, type NumberArray } from './array.ts';
import { decodeNumbers, ELEMENT_BYTES, type ElementType } from './numbers.ts';

/** By the third byte of the magic number; the fourth is the number of dimensions. */
const TYPES = new Map<number, ElementType>([
  [0x08, 'uint8'],
  [0x09, 'int8'],
  [0x0b, 'int16'],
  [0x0c, 'int32'],
  [0x0d, 'float32'],
  [0x0e, 'float64'],
]);
const MAX_RANK = 4;
const MAX_HEAD_BYTES = 4 + 4 * MAX_RANK;

interface Head {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly headBytes: number;
  /** Of the whole file. */
  readonly fileBytes: number;
}

/** True if `bytes` start as IDX does, not gzipped. */
export function isIdx(bytes: Uint8Array): boolean {
  const rank = bytes[3] ?? 0;
  return bytes[0] === 0 && bytes[1] === 0 && TYPES.has(bytes[2] ?? 0) && rank >= 1 && rank <= MAX_RANK;
}

/** The array of an IDX file, plain or gzipped. Rejects with 'bad-input' unless the file is exactly what its header says. */
export async function decodeIdx(bytes: Uint8Array): Promise<NumberArray> {
  const plain = isGzip(bytes)
    ? await gunzip(bytes, MAX_HEAD_BYTES, (start) => parseHead(start).fileBytes)
    : bytes;
  const { type, shape, headBytes, fileBytes } = parseHead(plain);
  if (plain.length !== fileBytes) {
    throw damagedFile(`the IDX file has ${plain.length} bytes, its header allows ${fileBytes}`);
  }
  return { shape, numbers: decodeNumbers(plain.subarray(headBytes), type, true) };
}

/** Checks that the number of bytes that the header announces is within the limit. */
function parseHead(file: Uint8Array): Head {
  if (file.length >= 4 && !isIdx(file)) {
    const magic = new DataView(file.buffer, file.byteOffset, 4).getUint32(0);
    throw damagedFile(
      `the IDX file starts with the magic number ${hex(magic)}, only 0x00000801 and others of 1 to ${MAX_RANK} dimensions are allowed`,
    );
  }
  const rank = file[3] ?? 1;
  const headBytes = 4 + 4 * rank;
  if (file.length < headBytes) {
    throw damagedFile(`the IDX file has ${file.length} bytes, its header alone needs ${headBytes}`);
  }
  const view = new DataView(file.buffer, file.byteOffset, headBytes);
  const type = TYPES.get(file[2]!)!;
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const dataBytes = elementsIn(shape) * ELEMENT_BYTES[type];
  checkArrayBytes(`the IDX file announces ${shape.join(' x ')} numbers and`, dataBytes);
  return { type, shape, headBytes, fileBytes: headBytes + dataBytes };
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
