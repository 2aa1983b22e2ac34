/** Operators that only move elements: where each element of the result comes from. */
import { invalid } from '../errors.ts';

/** Elements of a tensor at the most, or of an image of an activation: the network must fit into memory, and files may be hostile. */
export const MAX_MOVED = 2 ** 24;

/** A shape, and for each element the index where it was; undefined if all stay in order. */
export interface Moved {
  readonly shape: readonly number[];
  readonly source: Uint32Array | undefined;
}

/** Axis i of the result is axis `axes[i]`. */
export function transposed(shape: readonly number[], axes: readonly number[]): Moved {
  const strides = stridesOf(shape);
  return walked(
    axes.map((axis) => shape[axis]!),
    0,
    axes.map((axis) => strides[axis]!),
  );
}

/** From `starts`, `counts` elements of each axis, `steps` apart. */
export function sliced(
  shape: readonly number[],
  starts: readonly number[],
  steps: readonly number[],
  counts: readonly number[],
): Moved {
  const strides = stridesOf(shape);
  const first = starts.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
  return walked(
    counts,
    first,
    steps.map((step, axis) => step * strides[axis]!),
  );
}

/** Elements that axes of length 1 repeat. `shape` must fit `to` from the last axis on. */
export function broadcast(shape: readonly number[], to: readonly number[]): Moved {
  const strides = stridesOf(shape);
  const missing = to.length - shape.length;
  return walked(
    to,
    0,
    to.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : strides[axis - missing]!)),
  );
}

/** Whether an array of `shape` can be repeated to `to`. */
export function fitsInto(shape: readonly number[], to: readonly number[]): boolean {
  const missing = to.length - shape.length;
  return missing >= 0 && shape.every((size, axis) => size === 1 || size === to[axis + missing]);
}

export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** Indices from `first` on, over an array of this shape whose axes are so far apart. */
function walked(shape: readonly number[], first: number, strides: readonly number[]): Moved {
  const elements = shape.reduce((product, size) => product * size, 1);
  if (elements > MAX_MOVED)
    throw invalid(`a tensor of ${elements} elements is moved, at most ${MAX_MOVED} are supported`);
  const source = new Uint32Array(elements);
  const last = shape.length - 1;
  // A single number has no axes.
  const [length, step] = last < 0 ? [1, 0] : [shape[last]!, strides[last]!];
  const position = shape.map(() => 0);
  let isIdentity = true;
  let start = first;
  for (let i = 0; i < elements;) {
    for (let from = start, end = i + length; i < end; from += step) {
      isIdentity &&= from === i;
      source[i++] = from;
    }
    for (let axis = last - 1; axis >= 0; axis--) {
      start += strides[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      start -= strides[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
  return { shape, source: isIdentity ? undefined : source };
}
