/** Convolutions, without their activation: LeNet's, and odd ones. */
import type { Activated } from '../../../src/kernels/activation.ts';
import type { ConvShape } from '../../../src/kernels/masked-conv2d.ts';

type Convolution = Omit<ConvShape, keyof Activated>;

/** A square kernel with a stride of 1. */
function square(
  kernel: number,
  padding: number,
  sizes: Pick<Convolution, 'inChannels' | 'inHeight' | 'inWidth' | 'outChannels' | 'pool'>,
): Convolution {
  return {
    ...sizes,
    kernel: [kernel, kernel],
    stride: [1, 1],
    padding: [padding, padding, padding, padding],
    dilation: [1, 1],
    groups: 1,
  };
}

export const SHAPES = {
  lenetConv1: square(5, 2, { inChannels: 1, inHeight: 28, inWidth: 28, outChannels: 6, pool: 'average' }),
  lenetConv2: square(5, 0, { inChannels: 6, inHeight: 14, inWidth: 14, outChannels: 16, pool: 'average' }),
  oddPooled: square(3, 1, { inChannels: 3, inHeight: 9, inWidth: 7, outChannels: 5, pool: 'average' }),
  oddPlain: square(4, 3, { inChannels: 2, inHeight: 5, inWidth: 8, outChannels: 3, pool: 'none' }),
  pointwise: square(1, 0, { inChannels: 4, inHeight: 3, inWidth: 3, outChannels: 7, pool: 'none' }),
  wholeImage: square(5, 0, { inChannels: 1, inHeight: 5, inWidth: 5, outChannels: 2, pool: 'none' }),
} as const;
