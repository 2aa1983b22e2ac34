/** A residual network of dozens of layers with names of more than 40 characters. */
import {
  activation,
  add,
  batchNorm,
  conv2d,
  dense,
  flatten,
  globalPool,
  NetworkBuilder,
} from '../../../src/network/builder.ts';
import type { Network, Shape } from '../../../src/network/network.ts';

/** Three stages of six blocks, of 2, 4 and 8 channels: 40 layers with weights. */
export function deepResidual(input: Shape, classes: number): Network {
  const builder = new NetworkBuilder(input);
  const conv = (name: string, outChannels: number, kernel: number, stride: number, from?: string) => {
    const padding = (kernel - 1) / 2;
    builder.add(
      conv2d(name, { outChannels, kernel, stride, padding, bias: false }),
      ...(from === undefined ? [] : [from]),
    );
    return builder.add(batchNorm(`${name}.norm`));
  };
  conv('stem', 2, 3, 1);
  let last = builder.add(activation('stem.relu', 'relu'));
  for (let block = 0; block < 18; block++) {
    const stage = Math.floor(block / 6);
    const name = `features.residual_stages.${stage}.blocks.number_${block % 6}`;
    const halves = stage > 0 && block % 6 === 0;
    const channels = 2 * 2 ** stage;
    conv(`${name}.first_convolution`, channels, 3, halves ? 2 : 1, last);
    builder.add(activation(`${name}.relu`, 'relu'));
    const main = conv(`${name}.second_convolution`, channels, 3, 1);
    const shortcut = halves ? conv(`${name}.shortcut`, channels, 1, 2, last) : last;
    builder.add(add(`${name}.sum`), main, shortcut);
    last = builder.add(activation(`${name}.out`, 'relu'));
  }
  builder.add(globalPool('pooled', 'average'));
  builder.add(flatten('flat'));
  builder.add(dense('classifier', { outputs: classes }));
  return builder.build();
}
