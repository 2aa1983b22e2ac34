import type { TensorPlace } from './layer.ts';
import { quadsOf, type KernelSpec, type Tiling } from './spec.ts';
import { placesOf, type Window } from './window.ts';

/**
 * Sums of products of pairs of inputs of a layer with weights: of a convolution, with zero padding, for every place of its window; of a dense
 * layer, whose features are channels of one pixel. The last input of every group is the constant 1, which a bias multiplies.
 */
export interface MomentsShape extends Window {
  readonly channels: number;
  readonly inHeight: number;
  readonly inWidth: number;
  /** Outputs of different groups read different channels, `channels / groups` each. */
  readonly groups: number;
}

/** The most products that are added one after the other in float32, on any device; their sums are added in float64. */
export const MAX_CHAIN = 256;

/** `size`: inputs of an output, the constant included. `positions`: places of the window. */
export function momentsSizes(shape: MomentsShape) {
  const { channels, groups, kernel, inHeight, inWidth } = shape;
  const groupChannels = channels / groups;
  const [rows, columns] = placesOf(inHeight, inWidth, shape);
  const size = groupChannels * kernel[0] * kernel[1] + 1;
  return { groupChannels, size, rows, columns, positions: rows * columns };
}

/** Samples that a workgroup stages at a time, each a place of the window and four images. */
const DEPTH = 8;

/** Rows and columns of invocations, each of which takes four by four pairs of inputs. */
function lanesOf({ workgroupSize }: Tiling) {
  const across = 2 ** Math.floor(Math.log2(workgroupSize) / 2);
  return { down: Math.floor(workgroupSize / across), across };
}

/** Pieces of at most `MAX_CHAIN` samples, for each group: `second_moments` sums each by itself. */
export function momentUnits(shape: MomentsShape, images: number): number {
  return shape.groups * Math.ceil((momentsSizes(shape).positions * quadsOf(images)) / MAX_CHAIN);
}

/** The uniform of a dispatch; see shaders/second_moments.wgsl. */
export interface MomentsParams {
  readonly images: number;
  readonly firstUnit: number;
  readonly isSymmetric: boolean;
  readonly x: Pick<TensorPlace, 'first' | 'stride'>;
  readonly y: Pick<TensorPlace, 'first' | 'stride'>;
}

export function momentsParams({ images, firstUnit, isSymmetric, x, y }: MomentsParams): Uint32Array {
  return Uint32Array.of(images, firstUnit, isSymmetric ? 1 : 0, x.first, x.stride, y.first, y.stride);
}

/** Its candidates are units: see `momentUnits`. Of a tiling it takes the size of the workgroups. */
export const secondMoments: KernelSpec<MomentsShape> = {
  name: 'second_moments',
  bindings: [
    { name: 'params', type: 'uniform', perDispatch: true },
    { name: 'x', type: 'read-only-storage' },
    { name: 'y', type: 'read-only-storage' },
    { name: 'sums', type: 'storage' },
  ],
  constants(_, tiling) {
    const { down, across } = lanesOf(tiling);
    return {
      ...{ lanes_down: down, lanes_across: across, depth: DEPTH, chain: MAX_CHAIN },
      ...{ x_tile: down * 4 * DEPTH, y_tile: across * 4 * DEPTH },
    };
  },
  overrides(shape) {
    const { groups, inHeight, inWidth, kernel, stride, dilation, padding } = shape;
    const { groupChannels, size, columns, positions } = momentsSizes(shape);
    return {
      ...{ size, groups, group_channels: groupChannels, in_height: inHeight, in_width: inWidth },
      ...{ kernel_height: kernel[0], kernel_width: kernel[1], stride_y: stride[0], stride_x: stride[1] },
      ...{ dilation_y: dilation[0], dilation_x: dilation[1] },
      ...{ padding_top: padding[0], padding_left: padding[1], out_width: columns, places: positions },
    };
  },
  workgroupBytes(_, tiling) {
    const { down, across } = lanesOf(tiling);
    return (down + across) * 4 * DEPTH * 16;
  },
  grid(shape, _, tiling, units) {
    const { down, across } = lanesOf(tiling);
    const { size } = momentsSizes(shape);
    return [Math.ceil(size / (4 * across)), Math.ceil(size / (4 * down)), units];
  },
  cost(shape, images) {
    const { channels, groups, inHeight, inWidth } = shape;
    const { size, positions } = momentsSizes(shape);
    return {
      macs: groups * size * size * positions * images,
      bytes: 4 * (2 * channels * inHeight * inWidth * images + groups * size * size),
    };
  },
};
