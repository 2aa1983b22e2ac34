import {
  activation,
  add,
  batchNorm,
  conv2d,
  dense,
  flatten,
  globalPool,
  NetworkBuilder,
} from '../../network/builder.ts';
import type { Network } from '../../network/network.ts';

/**
 * A residual network (He et al., 2015): a strided first convolution to 14 x 14, three blocks to 7 x 7, 7 x 7 and 4 x 4, global average
 * pooling and a dense layer.
 */
export function resnet(): Network {
  const builder = new NetworkBuilder([1, 28, 28]);
  const conv = (name: string, outChannels: number, kernel: number, stride = 1) => {
    const padding = (kernel - 1) / 2;
    builder.add(conv2d(`${name}.conv`, { outChannels, kernel, stride, padding, bias: false }));
    return builder.add(batchNorm(`${name}.bn`));
  };
  conv('stem', 8, 3, 2);
  builder.add(activation('stem.relu', 'relu'));
  for (const [i, { channels, stride }] of BLOCKS.entries()) {
    const name = `block${i + 1}`;
    const input = builder.last;
    conv(`${name}.1`, channels, 3, stride);
    builder.add(activation(`${name}.1.relu`, 'relu'));
    const inner = conv(`${name}.2`, channels, 3);
    const shortcut = stride === 1 ? input : shortcutOf(builder, { name, input, channels, stride });
    builder.add(add(`${name}.add`), inner, shortcut);
    builder.add(activation(`${name}.relu`, 'relu'));
  }
  builder.add(globalPool('pool', 'average'));
  builder.add(flatten('flatten'));
  builder.add(dense('out', { outputs: 10 }));
  return builder.build();
}

const BLOCKS = [
  { channels: 16, stride: 2 },
  { channels: 16, stride: 1 },
  { channels: 32, stride: 2 },
];

/** A convolution of 1 x 1 where a block changes the number of channels and the size of the image. */
function shortcutOf(
  builder: NetworkBuilder,
  { name, input, channels, stride }: { name: string; input: string; channels: number; stride: number },
): string {
  builder.add(
    conv2d(`${name}.shortcut.conv`, { outChannels: channels, kernel: 1, stride, bias: false }),
    input,
  );
  return builder.add(batchNorm(`${name}.shortcut.bn`));
}
