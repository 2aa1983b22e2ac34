/** Convolutions, without their activation: LeNet's, odd ones, and those with strides, dilation, groups or padding of four sizes. */
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

const odd = { inChannels: 3, inHeight: 9, inWidth: 7, outChannels: 5, pool: 'none' } as const;

export const SHAPES = {
  lenetConv1: square(5, 2, { inChannels: 1, inHeight: 28, inWidth: 28, outChannels: 6, pool: 'average' }),
  lenetConv2: square(5, 0, { inChannels: 6, inHeight: 14, inWidth: 14, outChannels: 16, pool: 'average' }),
  oddPooled: square(3, 1, { inChannels: 3, inHeight: 9, inWidth: 7, outChannels: 5, pool: 'average' }),
  oddPlain: square(4, 3, { inChannels: 2, inHeight: 5, inWidth: 8, outChannels: 3, pool: 'none' }),
  pointwise: square(1, 0, { inChannels: 4, inHeight: 3, inWidth: 3, outChannels: 7, pool: 'none' }),
  wholeImage: square(5, 0, { inChannels: 1, inHeight: 5, inWidth: 5, outChannels: 2, pool: 'none' }),
} as const;

/** By what each has that the shapes above have not. */
export const GENERAL_SHAPES: Readonly<Record<string, Convolution>> = {
  rectangular: { ...square(3, 0, odd), kernel: [4, 2] },
  strided: { ...square(3, 1, odd), stride: [2, 2] },
  stridedUnequally: { ...square(3, 0, odd), stride: [3, 2] },
  paddedOnFourSides: { ...square(3, 0, odd), padding: [2, 0, 1, 3] },
  paddedAtTheEnd: { ...square(4, 0, odd), stride: [2, 2], padding: [0, 0, 1, 1] },
  dilated: { ...square(3, 0, odd), dilation: [2, 3], padding: [2, 3, 2, 3] },
  dilatedAndStrided: { ...square(2, 1, odd), dilation: [3, 2], stride: [2, 3] },
  grouped: { ...square(3, 1, { ...odd, inChannels: 6, outChannels: 10 }), groups: 2 },
  // Five output channels in each group, which are more than one tile of four.
  manyGroups: { ...square(2, 0, { ...odd, inChannels: 4, outChannels: 20 }), groups: 4 },
  groupPerOutput: { ...square(2, 0, { ...odd, inChannels: 8, outChannels: 4 }), groups: 4 },
  maxPooled: square(3, 1, { ...odd, pool: 'max' }),
  maxPooledRectangular: { ...square(3, 0, { ...odd, pool: 'max' }), kernel: [2, 4], padding: [1, 0, 0, 2] },
  pooledAndStrided: { ...square(2, 1, { ...odd, inHeight: 12, inWidth: 12, pool: 'max' }), stride: [2, 3] },
  pooledAndDilated: { ...square(2, 1, { ...odd, pool: 'average' }), dilation: [2, 3] },
  pooledAndDilatedEvenly: {
    ...square(3, 0, { ...odd, inHeight: 14, inWidth: 14, pool: 'average' }),
    ...{ dilation: [2, 2], stride: [2, 2] },
  },
  pooledPoints: square(1, 0, { ...odd, pool: 'max' }),
  // Points: four channels are taken together.
  stridedPoints: { ...square(1, 0, { ...odd, inChannels: 5 }), stride: [2, 3] },
  paddedPoints: { ...square(1, 1, { ...odd, inChannels: 9 }) },
  groupedPoints: { ...square(1, 0, { ...odd, inChannels: 10, outChannels: 6 }), groups: 2 },
  // More channels than a tile of weights in workgroup memory holds.
  deepPoints: square(1, 0, { ...odd, inChannels: 1030, inHeight: 1, inWidth: 2 }),
  signal: { ...square(1, 0, { ...odd, inHeight: 1, inWidth: 40 }), kernel: [1, 9], stride: [1, 2] },
};

/** An output of more pixels than a grid has workgroups in y. */
export const MANY_PIXELS = square(1, 0, {
  ...{ inChannels: 2, inHeight: 257, inWidth: 256, outChannels: 1, pool: 'none' },
});
