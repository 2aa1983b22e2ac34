import { ACTIVATIONS, type Activation } from './activation.ts';
import { quadsOf, type KernelSpec } from './spec.ts';

/** Stride 1, square kernel, zeros around the image, then the activation, then `pool` x `pool` means. */
export interface ConvShape {
  readonly inChannels: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly padding: number;
  /** 1 for none, 2 for non-overlapping 2x2 means that drop an odd last row or column. */
  readonly pool: 1 | 2;
  readonly activation: Activation;
}

/** Sizes that follow from a shape: of the convolution itself, and of its output after pooling. */
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
  bindings: [
    { name: 'params', type: 'uniform' },
    { name: 'x', type: 'read-only-storage' },
    { name: 'weight', type: 'read-only-storage' },
    { name: 'bias', type: 'read-only-storage' },
    { name: 'mask', type: 'read-only-storage', perCandidate: true },
    { name: 'y', type: 'storage' },
  ],
  overrides(shape) {
    const { outHeight, outWidth } = convSizes(shape);
    return {
      in_channels: shape.inChannels,
      in_height: shape.inHeight,
      in_width: shape.inWidth,
      kernel: shape.kernel,
      padding: shape.padding,
      pool: shape.pool,
      out_height: outHeight,
      out_width: outWidth,
      activation: ACTIVATIONS.indexOf(shape.activation),
    };
  },
  grid(shape, images, workgroupSize) {
    const { outHeight, outWidth } = convSizes(shape);
    return [Math.ceil(quadsOf(images) / workgroupSize), outHeight * outWidth, shape.outChannels];
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
