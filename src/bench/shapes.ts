/** The kernels that the benchmark runs, with the shapes of layers, as data. */
import { layerKernel } from '../engine/webgpu/layer-kernel.ts';
import type { OutputsShape } from '../kernels/loss-spec.ts';
import { lossSpec, type LossKernel } from '../kernels/loss.ts';
import type { ConvShape } from '../kernels/masked-conv2d.ts';
import type { Cost, KernelSpec } from '../kernels/spec.ts';
import type { LayerKind, LayerShape } from '../network/fused-layer.ts';
import { fuse } from '../network/fuse.ts';
import { layerSizes } from '../network/layer-sizes.ts';
import { lenet5 } from '../network/lenet5.ts';

/** The kernel of each kind of layer. */
const KERNEL_OF = {
  conv2d: 'masked_conv2d',
  depthwise: 'masked_depthwise_conv2d',
  dense: 'masked_dense',
  pool2d: 'pool2d',
  affine: 'affine',
  add: 'add',
  concat: 'concat',
  pad: 'pad',
} as const satisfies Readonly<Record<LayerKind, string>>;

/** A kernel of a layer with a shape. `name` is the shape's name. */
export type LayerKernelShape = {
  readonly [Kind in LayerKind]: {
    readonly name: string;
    readonly kernel: (typeof KERNEL_OF)[Kind];
    readonly shape: Extract<LayerShape, { readonly kind: Kind }>['shape'];
  };
}[LayerKind];

/** A loss over the outputs of a network. `name` is the shape's name. */
export interface LossKernelShape {
  readonly name: string;
  readonly kernel: LossKernel;
  readonly shape: OutputsShape;
}

/** A kernel with a shape. */
export type KernelShape = LayerKernelShape | LossKernelShape;

export type BenchKernel = KernelShape['kernel'];

export const KERNELS: readonly BenchKernel[] = [
  ...['masked_conv2d', 'masked_depthwise_conv2d', 'masked_dense'],
  ...['pool2d', 'affine', 'add', 'concat', 'pad'],
  ...['softmax_cross_entropy', 'soft_cross_entropy', 'sigmoid_cross_entropy', 'squared_error'],
] as BenchKernel[];

const RELU = { activation: 'relu', alpha: 0 } as const;

const IMAGE = { inHeight: 28, inWidth: 28 } as const;
const SAME = { kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1] } as const;

const LARGE_CONV: ConvShape = {
  ...{ inChannels: 64, outChannels: 64, groups: 1, pool: 'none' },
  ...{ ...IMAGE, ...SAME, ...RELU },
};

/** Layers that fill a large device, or of networks larger than LeNet-5. */
const LARGER: readonly (LayerShape & { readonly name: string })[] = [
  { name: 'conv64', kind: 'conv2d', shape: LARGE_CONV },
  {
    name: 'point64',
    kind: 'conv2d',
    shape: { ...LARGE_CONV, kernel: [1, 1], padding: [0, 0, 0, 0] },
  },
  {
    name: 'deep64',
    kind: 'depthwise',
    shape: { channels: 64, multiplier: 1, ...IMAGE, ...SAME, ...RELU },
  },
  { name: 'dense4096', kind: 'dense', shape: { inputs: 4096, outputs: 4096, ...RELU } },
  {
    name: 'maxpool64',
    kind: 'pool2d',
    shape: {
      ...{ channels: 64, ...IMAGE, ...SAME, stride: [2, 2] },
      ...{ operation: 'max', countPadding: false, ceil: false },
    },
  },
  { name: 'norm64', kind: 'affine', shape: { channels: 64, area: 784, ...RELU } },
  { name: 'add64', kind: 'add', shape: { channels: 64, area: 784, ...RELU } },
  { name: 'concat64', kind: 'concat', shape: { channels: [32, 32], area: 784 } },
  {
    name: 'pad64',
    kind: 'pad',
    shape: { channels: 32, ...IMAGE, padding: [0, 0, 0, 0], before: 16, after: 16 },
  },
];

/** The losses of soft targets, and of networks that do not choose one of several classes. */
const OTHER_LOSSES: readonly LossKernelShape[] = [
  { name: 'soft10', kernel: 'soft_cross_entropy', shape: { outputs: 10 } },
  { name: 'sigmoid10', kernel: 'sigmoid_cross_entropy', shape: { outputs: 10 } },
  { name: 'squared640', kernel: 'squared_error', shape: { outputs: 640 } },
];

/** The layers of LeNet-5, its loss, larger layers, and other losses. */
export const SHAPES: readonly KernelShape[] = /* @__PURE__ */ listShapes();

/** A function, so that a bundler can drop the list where it is not used. */
function listShapes(): readonly KernelShape[] {
  const named = ({ name, kind, shape }: LayerShape & { readonly name: string }) =>
    ({ name, kernel: KERNEL_OF[kind], shape }) as LayerKernelShape;
  return [
    ...fuse(lenet5()).map(named),
    { name: 'softmax10', kernel: 'softmax_cross_entropy', shape: { outputs: 10 } },
    ...LARGER.map(named),
    ...OTHER_LOSSES,
  ];
}

export function isLoss(shape: KernelShape): shape is LossKernelShape {
  return !Object.values<string>(KERNEL_OF).includes(shape.kernel);
}

/** The layer that a kernel runs. */
export function layerOf({ kernel, shape }: LayerKernelShape): LayerShape {
  const [kind] = Object.entries(KERNEL_OF).find(([, name]) => name === kernel)!;
  return { kind, shape } as LayerShape;
}

/** The kernel, with its shape filled in. */
export function specOf(shape: KernelShape): KernelSpec<void> {
  return isLoss(shape)
    ? lossSpec({ kernel: shape.kernel, outputs: shape.shape.outputs })
    : layerKernel(layerOf(shape));
}

export interface Sizes {
  /** Elements per image, of both inputs if there are two. */
  readonly inputs: number;
  /** Elements per image, after pooling. */
  readonly outputs: number;
  /** Number of weights; 0 for a kernel without. */
  readonly weights: number;
  readonly biases: number;
  /** Whether weights are pruned by a mask. */
  readonly isMasked: boolean;
}

export function sizesOf(shape: KernelShape): Sizes {
  if (isLoss(shape))
    return { inputs: shape.shape.outputs, outputs: 1, weights: 0, biases: 0, isMasked: false };
  const { inputs, outputs, weights, biases } = layerSizes(layerOf(shape));
  return { inputs, outputs, weights, biases, isMasked: shape.kernel.startsWith('masked_') };
}

/** Elements per image of the first input. */
export function firstInputs(shape: KernelShape): number {
  const { inputs } = sizesOf(shape);
  if (shape.kernel === 'add') return inputs / 2;
  return shape.kernel === 'concat' ? shape.shape.channels[0] * shape.shape.area : inputs;
}

/** The cost of one candidate. */
export function costOf(shape: KernelShape, images: number): Cost {
  return specOf(shape).cost(undefined, images);
}
