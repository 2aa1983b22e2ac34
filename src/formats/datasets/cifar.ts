/** The binary version of CIFAR-10 and CIFAR-100: for each image its label, then 32 x 32 red, green and blue bytes. */
import { checkArrayBytes, damagedFile, type NumberArray } from '../arrays/array.ts';
import type { CifarFile } from './file-roles.ts';

const SHAPE = [3, 32, 32];
const PIXELS = 3 * 32 * 32;

export interface CifarArrays {
  /** [image, channel, row, column] bytes. */
  readonly images: NumberArray;
  /** [image]: of CIFAR-100 the fine ones. */
  readonly labels: NumberArray;
}

/** Images of one file. Throws 'bad-input' unless it holds whole images. */
export function decodeCifar(file: Uint8Array, { labels: labelBytes }: CifarFile): CifarArrays {
  const size = labelBytes + PIXELS;
  const count = file.length / size;
  if (count === 0 || !Number.isInteger(count))
    throw damagedFile(
      `the file of CIFAR-${labelBytes === 1 ? 10 : 100} has ${file.length} bytes, only a multiple of ${size} is allowed`,
    );
  const images = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const begin = i * size + labelBytes;
    labels[i] = file[begin - 1]!;
    images.set(file.subarray(begin, begin + PIXELS), i * PIXELS);
  }
  return {
    images: { shape: [count, ...SHAPE], numbers: images },
    labels: { shape: [count], numbers: labels },
  };
}

/** The images of all files of a set, one file after the other. */
export function joinCifar(parts: readonly CifarArrays[]): CifarArrays {
  return {
    images: joined(parts.map(({ images }) => images)),
    labels: joined(parts.map(({ labels }) => labels)),
  };
}

function joined(arrays: readonly NumberArray[]): NumberArray {
  const [first] = arrays;
  if (arrays.length === 1) return first!;
  const length = arrays.reduce((sum, { numbers }) => sum + numbers.length, 0);
  checkArrayBytes('the image set', length);
  const numbers = new Uint8Array(length);
  let at = 0;
  for (const array of arrays) {
    numbers.set(array.numbers, at);
    at += array.numbers.length;
  }
  const count = arrays.reduce((sum, { shape }) => sum + shape[0]!, 0);
  return { shape: [count, ...first!.shape.slice(1)], numbers };
}
