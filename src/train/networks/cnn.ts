import {
  activation,
  batchNorm,
  conv2d,
  dense,
  flatten,
  pool2d,
  sequential,
  type Step,
} from '../../network/builder.ts';
import type { Network } from '../../network/network.ts';

/** A convolution of 3 x 3 that pads by one pixel, batch norm and ReLU. */
const block = (n: number, outChannels: number, stride = 1): readonly Step[] => [
  conv2d(`conv${n}`, { outChannels, kernel: 3, stride, padding: 1, bias: false }),
  batchNorm(`bn${n}`),
  activation(`relu${n}`, 'relu'),
];

/** A plain convolutional network: 14 x 14 and 7 x 7 pixels after strides, 3 x 3 after maxima. */
export const cnn = (): Network =>
  sequential(
    [1, 28, 28],
    ...block(1, 8, 2),
    ...block(2, 16, 2),
    ...block(3, 32),
    pool2d('pool3', { operation: 'max', kernel: 2 }),
    ...block(4, 32),
    flatten('flatten'),
    dense('out', { outputs: 10 }),
  );
