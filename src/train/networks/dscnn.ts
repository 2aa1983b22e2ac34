import {
  activation,
  batchNorm,
  conv2d,
  dense,
  flatten,
  globalPool,
  sequential,
  type Step,
} from '../../network/builder.ts';
import type { Network } from '../../network/network.ts';

const normalized = (name: string, step: Step): readonly Step[] => [
  step,
  batchNorm(`${name}.bn`),
  activation(`${name}.relu6`, 'relu6'),
];

/** A depthwise convolution of 3 x 3, then a pointwise one. */
const block = (n: number, { from, to, stride = 1 }: { from: number; to: number; stride?: number }) => [
  ...normalized(
    `dw${n}`,
    conv2d(`dw${n}.conv`, { outChannels: from, groups: from, kernel: 3, stride, padding: 1, bias: false }),
  ),
  ...normalized(`pw${n}`, conv2d(`pw${n}.conv`, { outChannels: to, kernel: 1, bias: false })),
];

/**
 * Depthwise separable convolutions (Howard et al., 2017): a strided first convolution to 14 x 14, blocks of a depthwise and a pointwise
 * one to 7 x 7 and 4 x 4, global average pooling and a dense layer.
 */
export const dscnn = (): Network =>
  sequential(
    [1, 28, 28],
    ...normalized(
      'stem',
      conv2d('stem.conv', { outChannels: 16, kernel: 3, stride: 2, padding: 1, bias: false }),
    ),
    ...block(1, { from: 16, to: 32, stride: 2 }),
    ...block(2, { from: 32, to: 32 }),
    ...block(3, { from: 32, to: 64, stride: 2 }),
    ...block(4, { from: 64, to: 64 }),
    globalPool('pool', 'average'),
    flatten('flatten'),
    dense('out', { outputs: 10 }),
  );
