/** Convolutions, without their activation: LeNet's, and odd ones. */
import type { ConvShape } from '../../../src/kernels/masked-conv2d.ts';

export const SHAPES = {
  lenetConv1: { inChannels: 1, inHeight: 28, inWidth: 28, outChannels: 6, kernel: 5, padding: 2, pool: 2 },
  lenetConv2: { inChannels: 6, inHeight: 14, inWidth: 14, outChannels: 16, kernel: 5, padding: 0, pool: 2 },
  oddPooled: { inChannels: 3, inHeight: 9, inWidth: 7, outChannels: 5, kernel: 3, padding: 1, pool: 2 },
  oddPlain: { inChannels: 2, inHeight: 5, inWidth: 8, outChannels: 3, kernel: 4, padding: 3, pool: 1 },
  pointwise: { inChannels: 4, inHeight: 3, inWidth: 3, outChannels: 7, kernel: 1, padding: 0, pool: 1 },
  wholeImage: { inChannels: 1, inHeight: 5, inWidth: 5, outChannels: 2, kernel: 5, padding: 0, pool: 1 },
} as const satisfies Readonly<Record<string, Omit<ConvShape, 'activation'>>>;
