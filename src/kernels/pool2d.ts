import { layerGrid, packConstants, rowOverrides, unmaskedBindings } from './layer.ts';
import type { KernelSpec } from './spec.ts';
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

/** Elements of the output per image. */
function outputsOf(shape: PoolShape): number {
  const [height, width] = pooledSize(shape);
  return shape.channels * height * width;
}

export const pool2d: KernelSpec<PoolShape> = {
  name: 'pool2d',
  bindings: unmaskedBindings('x'),
  constants: ({ operation }, tiling) => ({ ...packConstants(tiling), operation }),
  overrides(shape) {
    const { kernel, stride, padding, dilation, operation, countPadding } = shape;
    const [height, width] = pooledSize(shape);
    const isCounted = countPadding && operation === 'average';
    return {
      ...rowOverrides(outputsOf(shape)),
      ...{ in_height: shape.inHeight, in_width: shape.inWidth, out_height: height, out_width: width },
      ...{ kernel_height: kernel[0], kernel_width: kernel[1], stride_y: stride[0], stride_x: stride[1] },
      ...{ dilation_y: dilation[0], dilation_x: dilation[1] },
      ...{ padding_top: padding[0], padding_left: padding[1] },
      ...{ counted_bottom: padding[2], counted_right: padding[3], counts_padding: isCounted ? 1 : 0 },
    };
  },
  grid: (shape, images, tiling, candidates) => layerGrid(outputsOf(shape), images, tiling, candidates),
  cost: (shape, images) => ({
    macs: 0,
    bytes: 4 * (shape.channels * shape.inHeight * shape.inWidth + outputsOf(shape)) * images,
  }),
};
