/** The kernels that the benchmark runs, with the shapes of layers, as data. */
import { convSizes, maskedConv2d, type ConvShape } from '../kernels/masked-conv2d.ts';
import { maskedDense, type DenseShape } from '../kernels/masked-dense.ts';
import { softmaxCrossEntropy, type SoftmaxShape } from '../kernels/softmax-cross-entropy.ts';
import type { Cost } from '../kernels/spec.ts';
import { fuse } from '../network/fuse.ts';
import { lenet5 } from '../network/lenet5.ts';

/** A kernel with a shape. `name` is the shape's name. */
export type KernelShape =
  | { readonly name: string; readonly kernel: 'masked_conv2d'; readonly shape: ConvShape }
  | { readonly name: string; readonly kernel: 'masked_dense'; readonly shape: DenseShape }
  | { readonly name: string; readonly kernel: 'softmax_cross_entropy'; readonly shape: SoftmaxShape };

export type BenchKernel = KernelShape['kernel'];

export const KERNELS: readonly BenchKernel[] = ['masked_conv2d', 'masked_dense', 'softmax_cross_entropy'];

const RELU = { activation: 'relu', alpha: 0 } as const;

const LARGE_CONV: ConvShape = {
  inChannels: 64,
  inHeight: 28,
  inWidth: 28,
  outChannels: 64,
  ...{ kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1] },
  groups: 1,
  pool: 'none',
  ...RELU,
};

/** The layers of LeNet-5, its loss, and two layers that fill a large device. */
export const SHAPES: readonly KernelShape[] = /* @__PURE__ */ listShapes();

/** A function, so that a bundler can drop the list where it is not used. */
function listShapes(): readonly KernelShape[] {
  const layers = fuse(lenet5()).map(({ name, ...layer }): KernelShape => {
    if (layer.kind === 'conv2d') return { name, kernel: 'masked_conv2d', shape: layer.shape };
    if (layer.kind === 'dense') return { name, kernel: 'masked_dense', shape: layer.shape };
    throw new Error(`${layer.kind} is no layer of LeNet-5`);
  });
  return [
    ...layers,
    { name: 'softmax10', kernel: 'softmax_cross_entropy', shape: { classes: 10 } },
    { name: 'conv64', kernel: 'masked_conv2d', shape: LARGE_CONV },
    { name: 'dense4096', kernel: 'masked_dense', shape: { inputs: 4096, outputs: 4096, ...RELU } },
  ];
}

export interface Sizes {
  /** Elements per image. */
  readonly inputs: number;
  /** Elements per image, after pooling. */
  readonly outputs: number;
  /** Number of weights; 0 for a loss. */
  readonly weights: number;
  readonly biases: number;
}

export function sizesOf({ kernel, shape }: KernelShape): Sizes {
  switch (kernel) {
    case 'masked_conv2d': {
      const { outHeight, outWidth, weights } = convSizes(shape);
      const inputs = shape.inChannels * shape.inHeight * shape.inWidth;
      return {
        inputs,
        outputs: shape.outChannels * outHeight * outWidth,
        weights,
        biases: shape.outChannels,
      };
    }
    case 'masked_dense': {
      const { inputs, outputs } = shape;
      return { inputs, outputs, weights: inputs * outputs, biases: outputs };
    }
    case 'softmax_cross_entropy':
      return { inputs: shape.classes, outputs: 1, weights: 0, biases: 0 };
  }
}

/** The cost of one candidate. */
export function costOf({ kernel, shape }: KernelShape, images: number): Cost {
  switch (kernel) {
    case 'masked_conv2d':
      return maskedConv2d.cost(shape, images);
    case 'masked_dense':
      return maskedDense.cost(shape, images);
    case 'softmax_cross_entropy':
      return softmaxCrossEntropy.cost(shape, images);
  }
}
