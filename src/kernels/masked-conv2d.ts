import type { Activated } from './activation.ts';
import { activationConstants, layerGrid, rowOverrides } from './layer.ts';
import type { KernelSpec, Tiling } from './spec.ts';
import {
  MASKED_BINDINGS,
  tileBytes,
  tileConstants,
  tileOverrides,
  type TiledWeights,
} from './weights-tile.ts';
import { windowColumns } from './window-columns.ts';
import { placesOf, type Window } from './window.ts';

/** Pooling that is part of a convolution: 2x2 pixels without overlap, after the activation. */
export type FusedPool = 'none' | 'average' | 'max';

/** A convolution with zero padding, then the activation, then pooling. An odd last row or column is not pooled but dropped. */
export interface ConvShape extends Window, Activated {
  readonly inChannels: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outChannels: number;
  /** Output channel o reads the input channels of group floor(o / (outChannels / groups)) alone. */
  readonly groups: number;
  readonly pool: FusedPool;
}

/**
 * Sizes that follow from a shape: of the convolution (`conv...`), of the output after pooling (`out...`), and of the
 * weights.
 */
export function convSizes(shape: ConvShape) {
  const [convHeight, convWidth] = placesOf(shape.inHeight, shape.inWidth, shape);
  const pool = shape.pool === 'none' ? 1 : 2;
  const [height, width] = shape.kernel;
  return {
    convHeight,
    convWidth,
    outHeight: Math.floor(convHeight / pool),
    outWidth: Math.floor(convWidth / pool),
    weights: shape.outChannels * (shape.inChannels / shape.groups) * height * width,
  };
}

/** Channels that one row of weights reads under a kernel of one pixel: a row is the unit of the inner loop. */
const POINT_CHANNELS = 4;

/** How the kernel takes a shape's weights, row by row. */
function rowsOf(shape: ConvShape) {
  const { kernel, stride, dilation, pool, groups } = shape;
  const channels = shape.inChannels / groups;
  if (kernel[0] * kernel[1] === 1 && pool === 'none') {
    const taps = POINT_CHANNELS;
    const columns = { columns: taps, step: 0, perPlace: 0, perTap: 1 };
    return { ...columns, channels, taps, height: 1, rows: Math.ceil(channels / taps), isPoint: true };
  }
  const columns = windowColumns(kernel[1], pool === 'none' ? 1 : 2, stride[1], dilation[1]);
  const rows = channels * kernel[0];
  return { ...columns, channels, taps: kernel[1], height: kernel[0], rows, isPoint: false };
}

/** Output channels of one group, and tiles of them. */
function tilesOf({ outChannels, groups }: ConvShape, { outputs }: Tiling) {
  const perGroup = outChannels / groups;
  const groupTiles = Math.ceil(perGroup / outputs);
  return { perGroup, groupTiles, tiles: groups * groupTiles };
}

function weightsOf(shape: ConvShape): TiledWeights {
  const { rows, taps } = rowsOf(shape);
  return { outputs: shape.outChannels, positions: rows * taps, group: taps };
}

export const maskedConv2d: KernelSpec<ConvShape> = {
  name: 'masked_conv2d',
  bindings: MASKED_BINDINGS,
  constants(shape, tiling) {
    const { taps, columns, step, perPlace, perTap, isPoint } = rowsOf(shape);
    const pool = shape.pool === 'none' ? 1 : 2;
    // With pooling, the lower row of pixels is the upper one under the next row of the kernel.
    const keepsRow = pool === 2 && shape.stride[0] === 1 && shape.dilation[0] === 1;
    return {
      ...tileConstants(weightsOf(shape), tiling),
      ...activationConstants(shape),
      ...{ taps, row_channels: isPoint ? taps : 1, column_channels: isPoint ? 1 : 0 },
      ...{ pooling: shape.pool, pool, last: pool - 1, kept_rows: keepsRow ? 1 : 0 },
      ...{ columns, column_step: step, pixel_columns: perPlace, tap_columns: perTap },
      row_step: shape.stride[0],
      pixels: shape.padding.some(Boolean) ? 'padded' : 'inside',
    };
  },
  overrides(shape, tiling) {
    const { inChannels, outChannels, groups, kernel, stride, dilation, padding } = shape;
    const { outHeight, outWidth } = convSizes(shape);
    const { channels, height, rows } = rowsOf(shape);
    const { perGroup, groupTiles, tiles } = tilesOf(shape, tiling);
    return {
      ...tileOverrides(outChannels, (inChannels / groups) * kernel[0] * kernel[1]),
      ...rowOverrides(outHeight * outWidth),
      ...{ group_channels: channels, group_outputs: perGroup, group_tiles: groupTiles, tiles },
      ...{ kernel_height: height, kernel_rows: rows },
      ...{ in_height: shape.inHeight, in_width: shape.inWidth },
      ...{ stride_y: stride[0], stride_x: stride[1], dilation_y: dilation[0] },
      ...{ padding_top: padding[0], padding_left: padding[1], out_width: outWidth },
    };
  },
  workgroupBytes: (shape, tiling) => tileBytes(weightsOf(shape), tiling),
  grid(shape, images, tiling, candidates) {
    const { outHeight, outWidth } = convSizes(shape);
    return layerGrid(outHeight * outWidth, images, tiling, tilesOf(shape, tiling).tiles * candidates);
  },
  cost(shape, images) {
    const { convHeight, convWidth, outHeight, outWidth, weights } = convSizes(shape);
    const inputs = shape.inChannels * shape.inHeight * shape.inWidth;
    const outputs = shape.outChannels * outHeight * outWidth;
    return {
      macs: weights * convHeight * convWidth * images,
      bytes: 4 * ((inputs + outputs) * images + weights + shape.outChannels) + weights / 8,
    };
  },
};
