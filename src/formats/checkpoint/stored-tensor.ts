/** A named tensor as it lies in a file of weights: any element type, any strides. */
import { MasksearchError } from '../../core/error.ts';
import { elementsIn } from '../arrays/array.ts';
import { encodeFloats, type FloatType } from '../arrays/encode-floats.ts';
import { decodeNumbers, ELEMENT_BYTES, type ElementType } from '../arrays/numbers.ts';
import { shown } from '../safetensors/header.ts';

export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Undefined for a type that is not read. */
  readonly type: ElementType | undefined;
  /** For messages, such as "a quantised tensor". */
  readonly typeName: string;
  /** Byte of the file where the first element is. All elements are inside the file. */
  readonly begin: number;
  /** Elements from an index to the next, one number per dimension. */
  readonly strides: readonly number[];
  readonly bigEndian: boolean;
}

/** By name, in the order of the file. */
export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** A tensor whose numbers can be weights. */
export type FloatTensor = StoredTensor & { readonly type: FloatType };

const FLOATS: readonly (ElementType | undefined)[] = [
  'float16',
  'bfloat16',
  'float32',
  'float64',
] satisfies FloatType[];

export const isFloat = (tensor: StoredTensor): tensor is FloatTensor => FLOATS.includes(tensor.type);

/** Strides of a row-major tensor. */
export function rowMajor(shape: readonly number[]): readonly number[] {
  const strides = new Array<number>(shape.length);
  let next = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = next;
    next *= shape[i]!;
  }
  return strides;
}

/** Whether its elements follow each other in the file; dimensions of size 1 may have any stride. */
export function isContiguous({ shape, strides }: Pick<StoredTensor, 'shape' | 'strides'>): boolean {
  const dense = rowMajor(shape);
  return shape.every((size, i) => size === 1 || strides[i] === dense[i]);
}

/** Elements from the first to the last in the file, with those between them that are not of the tensor; 0 if it is empty. */
export function spanOf({ shape, strides }: Pick<StoredTensor, 'shape' | 'strides'>): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((sum, size, i) => sum + (size - 1) * strides[i]!, 1);
}

/** Of each element, row-major, its distance to the first in elements of the file; undefined if they follow each other. */
export function placesOf(tensor: Pick<StoredTensor, 'shape' | 'strides'>): Uint32Array | undefined {
  if (isContiguous(tensor)) return undefined;
  const { shape, strides } = tensor;
  const places = new Uint32Array(elementsIn(shape));
  let filled = 1;
  // Dimension by dimension, the last first: the block so far is repeated at multiples of the stride.
  for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
    const block = filled;
    for (let index = 1; index < shape[dimension]!; index++) {
      const offset = index * strides[dimension]!;
      for (let i = 0; i < block; i++) places[filled++] = places[i]! + offset;
    }
  }
  return places;
}

/** The numbers of a tensor, row-major; they share the memory of the file where they can. Throws 'bad-input' for one that is not finite. */
export function numbersOf(file: Uint8Array, tensor: FloatTensor): Float32Array {
  const { name, type, begin, bigEndian } = tensor;
  const bytes = file.subarray(begin, begin + spanOf(tensor) * ELEMENT_BYTES[type]);
  const stored = decodeNumbers(bytes, type, bigEndian);
  const places = placesOf(tensor);
  const values = places
    ? Float32Array.from(places, (place) => stored[place]!)
    : stored instanceof Float32Array
      ? stored
      : Float32Array.from(stored);
  for (let at = 0; at < values.length; at++)
    if (!Number.isFinite(values[at])) throw notFinite(name, values[at]!, at);
  return values;
}

function notFinite(name: string, value: number, at: number): MasksearchError {
  return new MasksearchError(
    'bad-input',
    `tensor ${shown(name)} holds ${value} at index ${at}, only finite numbers are allowed`,
    'train or export it again',
  );
}

/** Writes numbers at indices of the tensor, rounded to its type. */
export function writeNumbers(
  file: Uint8Array,
  tensor: FloatTensor,
  changes: ReadonlyMap<number, number>,
): void {
  const { type, begin, bigEndian } = tensor;
  const size = ELEMENT_BYTES[type];
  const places = placesOf(tensor);
  // All are encoded at once, which takes a tenth of the time.
  const encoded = encodeFloats(Float32Array.from(changes.values()), type);
  let from = 0;
  for (const index of changes.keys()) {
    const number = encoded.subarray(from, from + size);
    file.set(bigEndian ? number.reverse() : number, begin + (places ? places[index]! : index) * size);
    from += size;
  }
}
