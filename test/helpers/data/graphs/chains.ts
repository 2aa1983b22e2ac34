/** Chains of layers other than plain convolutions and dense ones. */
import {
  activation,
  conv2d,
  dense,
  flatten,
  globalPool,
  pool2d,
  sequential,
} from '../../../../src/network/builder.ts';
import { head, INPUT_SHAPE, point, same } from './build.ts';

/** Depthwise convolutions, one of them with a multiplier of 2, and the activations of mobile networks. */
export const separable = sequential(
  INPUT_SHAPE,
  conv2d('stem', { outChannels: 4, kernel: 3, stride: 2, padding: [0, 0, 1, 1] }),
  activation('stem relu6', 'relu6'),
  conv2d('deep1', { outChannels: 8, kernel: 3, padding: 1, groups: 4 }),
  activation('deep1 swish', 'hard-swish'),
  point('point1', 6),
  activation('point1 silu', 'silu'),
  conv2d('deep2', { outChannels: 6, kernel: [3, 2], stride: [2, 1], padding: [1, 1, 1, 0], groups: 6 }),
  activation('deep2 sigmoid', 'hard-sigmoid'),
  point('point2', 5),
  activation('point2 relu6', 'relu6'),
  ...head,
);

/** One weight in two layers, each with its own bias: one mask. */
export const sharedWeights = sequential(
  INPUT_SHAPE,
  same('stem', 3),
  activation('stem tanh', 'tanh'),
  same('first', 3, { weight: 'shared.weight' }),
  activation('first tanh', 'tanh'),
  same('second', 3, { weight: 'shared.weight' }),
  activation('second tanh', 'tanh'),
  ...head,
);

/** Maximum pooling that is fused into a convolution, overlapping, and over part of the image; and means with padding. */
export const pooling = sequential(
  [1, 11, 9],
  same('conv1', 4),
  activation('conv1 relu', 'relu'),
  pool2d('fused', { operation: 'max', kernel: 2 }),
  same('conv2', 3),
  pool2d('overlapping', { operation: 'max', kernel: 3, stride: 2, padding: 1, ceil: true }),
  activation('softplus', 'softplus'),
  pool2d('means', { operation: 'average', kernel: 2, stride: 1, padding: 1, countPadding: true }),
  flatten('flat'),
  dense('out', { outputs: 4 }),
);

/** Signals: [1, 1, length]. */
export const signals = sequential(
  [1, 1, 30],
  conv2d('conv1', { outChannels: 4, kernel: [1, 5], stride: [1, 2], padding: [0, 2, 0, 2] }),
  activation('conv1 gelu', 'gelu'),
  pool2d('pool', { operation: 'average', kernel: [1, 3] }),
  conv2d('conv2', { outChannels: 6, kernel: [1, 2], dilation: [1, 2], groups: 2 }),
  activation('conv2 gelu-tanh', 'gelu-tanh'),
  globalPool('largest', 'max'),
  flatten('flat'),
  dense('out', { outputs: 4 }),
);
