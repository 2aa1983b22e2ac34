import { extentOf, placesOf, type Size2d, type Window } from './window.ts';

export type PoolOperation = 'max' | 'average';

/** The largest value or the mean of every window. Padding is never the largest value. */
export interface PoolShape extends Window {
  readonly channels: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly operation: PoolOperation;
  /** Whether padding counts as pixels of value 0 in a mean. */
  readonly countPadding: boolean;
  /** Whether a last window that is only partly over the image counts too. Its part outside the padding never counts in a mean. */
  readonly ceil: boolean;
}

/** Height and width of the output. As in PyTorch, a window that would start in the padding at the end does not count. */
export function pooledSize(shape: PoolShape): Size2d {
  if (!shape.ceil) return placesOf(shape.inHeight, shape.inWidth, shape);
  const { stride, padding } = shape;
  const [height, width] = extentOf(shape);
  const places = (size: number, before: number, after: number, extent: number, step: number) => {
    const count = Math.ceil((size + before + after - extent) / step) + 1;
    return (count - 1) * step >= size + before ? count - 1 : count;
  };
  return [
    places(shape.inHeight, padding[0], padding[2], height, stride[0]),
    places(shape.inWidth, padding[1], padding[3], width, stride[1]),
  ];
}
