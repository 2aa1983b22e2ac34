/** Operators that move elements or give them other axes: alike for constants, and for activations, which only their order shows. */
import { isWholeType } from '../../element-types.ts';
import { attribute, axisOf, constant, integers, type Call } from '../call.ts';
import { unsupported } from '../errors.ts';
import { sliced, transposed, type Moved } from './layout.ts';
import { sizeOf } from './value.ts';

/** What such an operator does to a tensor of a shape. */
export type View = (call: Call, shape: readonly number[]) => Moved;

const moved = (shape: readonly number[]): Moved => ({ shape, source: undefined });

const transpose: View = (call, shape) => {
  const usual = shape.map((_, axis) => axis).reverse();
  const axes = attribute(call, 'ints', 'perm') ?? usual;
  const isOrder = axes.length === shape.length && usual.every((axis) => axes.includes(axis));
  if (!isOrder) throw unsupported(call.onnx, `has the axes ${axes.join(', ')} for ${shape.length}`);
  return transposed(shape, axes);
};

const reshape: View = (call, shape) => {
  const target = integers(call, 1, 'shape');
  if (!target) throw unsupported(call.onnx, 'has no shape');
  const keepsZeros = (attribute(call, 'int', 'allowzero') ?? 0) !== 0;
  const sizes = target.map((size, axis) => (size === 0 && !keepsZeros ? (shape[axis] ?? 0) : size));
  const known = sizes.filter((size) => size !== -1);
  const elements = sizeOf(shape);
  const found = sizes.map((size) => (size === -1 ? elements / sizeOf(known) : size));
  const isShape = found.every((size) => Number.isInteger(size) && size >= 0) && sizeOf(found) === elements;
  if (!isShape || known.length < sizes.length - 1)
    throw unsupported(call.onnx, `gives ${shape.join(' x ')} the shape ${target.join(' x ')}`);
  return moved(found);
};

const flatten: View = (call, shape) => {
  const given = attribute(call, 'int', 'axis') ?? 1;
  const axis = given < 0 ? given + shape.length : given;
  return moved([sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))]);
};

const squeeze: View = (call, shape) => {
  const axes = integers(call, 1, 'axes')?.map((axis) => axisOf(call, axis, shape.length));
  const wrong = axes?.find((axis) => shape[axis] !== 1);
  if (wrong !== undefined) throw unsupported(call.onnx, `removes axis ${wrong} of ${shape.join(' x ')}`);
  return moved(shape.filter((size, axis) => (axes ? !axes.includes(axis) : size !== 1)));
};

const unsqueeze: View = (call, shape) => {
  const given = integers(call, 1, 'axes') ?? [];
  const rank = shape.length + given.length;
  const axes = given.map((axis) => axisOf(call, axis, rank));
  if (new Set(axes).size < axes.length) throw unsupported(call.onnx, 'adds an axis twice');
  const rest = [...shape];
  return moved(Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : rest.shift()!)));
};

const same: View = (_, shape) => moved(shape);

const cast: View = (call, shape) => {
  if (isWholeType(attribute(call, 'int', 'to') ?? 0)) throw unsupported(call.onnx, 'rounds to whole numbers');
  return moved(shape);
};

const dropout: View = (call, shape) => {
  const training = constant(call, 2, 'modes')?.numbers[0] ?? 0;
  if (training !== 0) throw unsupported(call.onnx, 'drops elements at random');
  return moved(shape);
};

/** By operator. */
export const VIEWS: Readonly<Record<string, View>> = {
  Transpose: transpose,
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Identity: same,
  Dropout: dropout,
  Cast: cast,
};

export interface Ranges {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly counts: readonly number[];
}

/** What a Slice takes of each axis. */
export function sliceRanges(call: Call, shape: readonly number[]): Ranges {
  const given = integers(call, 1, 'starts');
  const ends = integers(call, 2, 'ends');
  if (!given || given.length !== ends?.length) throw unsupported(call.onnx, 'has no starts and ends');
  const axes = (integers(call, 3, 'axes') ?? given.map((_, i) => i)).map((axis) =>
    axisOf(call, axis, shape.length),
  );
  const strides = integers(call, 4, 'steps') ?? given.map(() => 1);
  if (axes.length !== given.length || strides.length !== given.length || strides.includes(0))
    throw unsupported(call.onnx, 'has starts, ends, axes and steps of different lengths');
  const starts = shape.map(() => 0);
  const steps = shape.map(() => 1);
  const counts = [...shape];
  axes.forEach((axis, i) => {
    const size = shape[axis]!;
    const step = strides[i]!;
    const [least, most] = step > 0 ? [0, size] : [-1, size - 1];
    const bounded = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, least), most);
    starts[axis] = bounded(given[i]!);
    steps[axis] = step;
    counts[axis] = Math.max(0, Math.ceil((bounded(ends[i]!) - starts[axis]) / step));
  });
  return { starts, steps, counts };
}

export const slice: View = (call, shape) => {
  const { starts, steps, counts } = sliceRanges(call, shape);
  return sliced(shape, starts, steps, counts);
};

/** One or several places of an axis. */
export function gather(
  call: Call,
  shape: readonly number[],
  at: { shape: readonly number[]; numbers: ArrayLike<number> },
): Moved {
  const axis = axisOf(call, attribute(call, 'int', 'axis') ?? 0, shape.length);
  const size = shape[axis]!;
  const places = Array.from(at.numbers, (place) => (place < 0 ? place + size : place));
  if (!places.every((place) => Number.isInteger(place) && place >= 0 && place < size))
    throw unsupported(call.onnx, `takes places that an axis of ${size} does not have`);
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const source = new Uint32Array(outer * places.length * inner);
  let to = 0;
  for (let o = 0; o < outer; o++)
    for (const place of places) for (let i = 0; i < inner; i++) source[to++] = (o * size + place) * inner + i;
  return { shape: [...shape.slice(0, axis), ...at.shape, ...shape.slice(axis + 1)], source };
}
