import { ACTIVATIONS, type Activation } from './activation.ts';
import { QUAD, quadsOf, type KernelSpec } from './spec.ts';
import { LAYER_BINDINGS, tileConstants, tileOverrides } from './weights-tile.ts';

/** A convolution of stride 1 with a square kernel and zero padding, then the activation, then `pool` x `pool` means. */
export interface ConvShape {
  readonly inChannels: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outChannels: number;
  readonly kernel: number;
  /** Zeros on every side of the image, in pixels. */
  readonly padding: number;
  /** 1: no pooling. 2: non-overlapping 2x2 means; an odd last row or column is dropped. */
  readonly pool: 1 | 2;
  readonly activation: Activation;
}

/**
 * Sizes that follow from a shape: of the convolution (`conv...`), of the output after pooling (`out...`), and of the
 * weights.
 */
export function convSizes(shape: ConvShape) {
  const convHeight = shape.inHeight + 2 * shape.padding - shape.kernel + 1;
  const convWidth = shape.inWidth + 2 * shape.padding - shape.kernel + 1;
  return {
    convHeight,
    convWidth,
    outHeight: Math.floor(convHeight / shape.pool),
    outWidth: Math.floor(convWidth / shape.pool),
    weights: shape.outChannels * shape.inChannels * shape.kernel * shape.kernel,
  };
}

export const maskedConv2d: KernelSpec<ConvShape> = {
  name: 'masked_conv2d',
  bindings: LAYER_BINDINGS,
  constants: ({ kernel, pool }, tiling) => ({
    ...tileConstants(tiling),
    kernel,
    pool,
    last: pool - 1,
    columns: kernel + pool - 1,
  }),
  overrides(shape, tiling) {
    const { inChannels, outChannels, kernel } = shape;
    const { outHeight, outWidth } = convSizes(shape);
    return {
      ...tileOverrides(outChannels, inChannels * kernel * kernel, kernel, tiling),
      activation: ACTIVATIONS.indexOf(shape.activation),
      in_channels: inChannels,
      in_height: shape.inHeight,
      in_width: shape.inWidth,
      padding: shape.padding,
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
