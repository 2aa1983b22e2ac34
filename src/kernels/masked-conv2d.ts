import { ACTIVATIONS, type Activated } from './activation.ts';
import { QUAD, quadsOf, type KernelSpec } from './spec.ts';
import { LAYER_BINDINGS, tileConstants, tileOverrides } from './weights-tile.ts';
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

export const maskedConv2d: KernelSpec<ConvShape> = {
  name: 'masked_conv2d',
  bindings: LAYER_BINDINGS,
  constants: ({ kernel: [, kernel], pool }, tiling) => ({
    ...tileConstants(tiling),
    kernel,
    pool: pool === 'none' ? 1 : 2,
    last: pool === 'none' ? 0 : 1,
    columns: pool === 'none' ? kernel : kernel + 1,
  }),
  overrides(shape, tiling) {
    const { inChannels, outChannels, kernel } = shape;
    const { outHeight, outWidth } = convSizes(shape);
    return {
      ...tileOverrides(outChannels, inChannels * kernel[0] * kernel[1], kernel[1], tiling),
      activation: ACTIVATIONS.indexOf(shape.activation),
      in_channels: inChannels,
      in_height: shape.inHeight,
      in_width: shape.inWidth,
      padding: shape.padding[0],
      out_height: outHeight,
      out_width: outWidth,
      tiles: Math.ceil(outChannels / tiling.outputs),
    };
  },
  grid(shape, images, { workgroupSize, images: pack, outputs }, candidates) {
    const { outHeight, outWidth } = convSizes(shape);
    const tiles = Math.ceil(shape.outChannels / outputs);
    const packs = (quadsOf(images) * QUAD) / pack;
    return [Math.ceil(packs / workgroupSize), outHeight * outWidth, tiles * candidates];
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
