/** Axes of an array in another order. */
import type { Numbers } from './array.ts';

/** The numbers, row-major, of the array whose axis i is axis `axes[i]` of the array of this shape. In memory of its own. */
export function permuted<T extends Numbers>(
  numbers: T,
  shape: readonly number[],
  axes: readonly number[],
): T {
  const result = numbers.slice() as T;
  if (axes.length === 0 || numbers.length === 0) return result;
  const sizes = axes.map((axis) => shape[axis]!);
  const strides = axes.map((axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const last = axes.length - 1;
  let to = 0;
  const copy = (axis: number, from: number) => {
    const stride = strides[axis]!;
    for (let i = 0; i < sizes[axis]!; i++) {
      if (axis === last) result[to++] = numbers[from + i * stride]!;
      else copy(axis + 1, from + i * stride);
    }
  };
  copy(0, 0);
  return result;
}
