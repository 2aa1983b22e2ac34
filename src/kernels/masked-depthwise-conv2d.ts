import type { Activated } from './activation.ts';
import { activationConstants, layerGrid, packConstants, rowOverrides } from './layer.ts';
import type { KernelSpec, Tiling } from './spec.ts';
import { MASKED_BINDINGS } from './weights-tile.ts';
import { windowColumns } from './window-columns.ts';
import { placesOf, type Window } from './window.ts';

/** A convolution of every channel by itself, with zero padding, then the activation. */
export interface DepthwiseShape extends Window, Activated {
  readonly channels: number;
  readonly inHeight: number;
  readonly inWidth: number;
  /** Output channels of each input channel: output o reads channel floor(o / multiplier). */
  readonly multiplier: number;
}

export function depthwiseSizes(shape: DepthwiseShape) {
  const [outHeight, outWidth] = placesOf(shape.inHeight, shape.inWidth, shape);
  const outChannels = shape.channels * shape.multiplier;
  return { outChannels, outHeight, outWidth, weights: outChannels * shape.kernel[0] * shape.kernel[1] };
}

/** An invocation computes `outputs` pixels of a row: tiles of a row, and those of all rows of all channels. */
function tilesOf(shape: DepthwiseShape, { outputs }: Tiling) {
  const { outChannels, outHeight, outWidth } = depthwiseSizes(shape);
  const rowTiles = Math.ceil(outWidth / outputs);
  return { rowTiles, tiles: outChannels * outHeight * rowTiles };
}

export const maskedDepthwiseConv2d: KernelSpec<DepthwiseShape> = {
  name: 'masked_depthwise_conv2d',
  bindings: MASKED_BINDINGS,
  constants(shape, tiling) {
    const { kernel, stride, dilation, padding } = shape;
    // The last tile of a row may ask for pixels beyond it.
    const isPadded = padding.some(Boolean) || depthwiseSizes(shape).outWidth % tiling.outputs !== 0;
    const { columns, step, perPlace, perTap } = windowColumns(
      kernel[1],
      tiling.outputs,
      stride[1],
      dilation[1],
    );
    return {
      ...packConstants(tiling),
      ...activationConstants(shape),
      ...{ taps: kernel[1], kernel_size: kernel[0] * kernel[1], tile_columns: tiling.outputs },
      ...{ columns, column_step: step, pixel_columns: perPlace, tap_columns: perTap },
      pixels: isPadded ? 'padded' : 'inside',
    };
  },
  overrides(shape, tiling) {
    const { kernel, stride, dilation, padding } = shape;
    const { outHeight, outWidth, weights } = depthwiseSizes(shape);
    const { rowTiles, tiles } = tilesOf(shape, tiling);
    return {
      ...rowOverrides(tiles),
      ...{ in_height: shape.inHeight, in_width: shape.inWidth },
      ...{ multiplier: shape.multiplier, kernel_height: kernel[0] },
      ...{ stride_y: stride[0], stride_x: stride[1], dilation_y: dilation[0] },
      ...{ padding_top: padding[0], padding_left: padding[1] },
      ...{ out_height: outHeight, out_width: outWidth, row_tiles: rowTiles },
      mask_words: Math.ceil(weights / 32),
    };
  },
  workgroupBytes: ({ kernel }) => 4 * kernel[0] * kernel[1],
  grid: (shape, images, tiling, candidates) =>
    layerGrid(tilesOf(shape, tiling).tiles, images, tiling, candidates),
  cost(shape, images) {
    const { outChannels, outHeight, outWidth, weights } = depthwiseSizes(shape);
    const inputs = shape.channels * shape.inHeight * shape.inWidth;
    const outputs = outChannels * outHeight * outWidth;
    return {
      macs: weights * outHeight * outWidth * images,
      bytes: 4 * ((inputs + outputs) * images + weights + outChannels) + weights / 8,
    };
  },
};
