/**
 * Networks that others publish, with their real shapes: those of MLPerf Tiny (github.com/mlcommons/tiny, v1.0) and the
 * ResNet-20 of He et al. for CIFAR-10 (arXiv:1512.03385, section 4.2, shortcuts A).
 */
import {
  activation,
  add,
  batchNorm,
  conv2d,
  dense,
  flatten,
  globalPool,
  NetworkBuilder,
  pad,
  pool2d,
  type Step,
} from '../../../src/network/builder.ts';
import type { Network } from '../../../src/network/network.ts';
import type { Padding, Size2d } from '../../../src/kernels/window.ts';

type ConvOptions = Parameters<typeof conv2d>[1];

/** A convolution with a normalisation. Returns the name of the latter. */
function normalized(net: NetworkBuilder, name: string, options: ConvOptions, input = net.last): string {
  net.add(conv2d(name, options), input);
  return net.add(batchNorm(`${name}.norm`));
}

function rectified(net: NetworkBuilder, name: string, options: ConvOptions, input = net.last): string {
  normalized(net, name, options, input);
  return net.add(activation(`${name}.relu`, 'relu'));
}

/** As Keras pads for `SAME`: what a stride of 2 leaves over is at the end. */
function same(size: Size2d, kernel: Size2d, stride: number): Padding {
  const [rows, columns] = size.map((length, i) =>
    Math.max(0, (Math.ceil(length / stride) - 1) * stride + kernel[i]! - length),
  ) as [number, number];
  const [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  return [top, left, rows - top, columns - left];
}

/** Three blocks of 16, 32 and 64 channels; 32 x 32 x 3. */
function resnet8(): Network {
  const net = new NetworkBuilder([3, 32, 32]);
  let start = rectified(net, 'stem', { outChannels: 16, kernel: 3, padding: 1 });
  let size = 32;
  for (const [i, outChannels] of [16, 32, 64].entries()) {
    const stride = i === 0 ? 1 : 2;
    const padding = same([size, size], [3, 3], stride);
    rectified(net, `block${i}.conv1`, { outChannels, kernel: 3, stride, padding }, start);
    const end = normalized(net, `block${i}.conv2`, { outChannels, kernel: 3, padding: 1 });
    const shortcut =
      stride === 1 ? start : net.add(conv2d(`block${i}.shortcut`, { outChannels, kernel: 1, stride }), start);
    net.add(add(`block${i}`), end, shortcut);
    start = net.add(activation(`block${i}.relu`, 'relu'));
    size /= stride;
  }
  net.add(pool2d('pool', { operation: 'average', kernel: 8 }));
  for (const step of [flatten('flat'), dense('out', { outputs: 10 })]) net.add(step);
  return net.build();
}

/** Nine blocks of two convolutions without bias; shortcuts take every second pixel and add channels of zeros. */
function resnet20(): Network {
  const net = new NetworkBuilder([3, 32, 32]);
  let start = rectified(net, 'stem', { outChannels: 16, kernel: 3, padding: 1, bias: false });
  for (const [i, outChannels] of [16, 32, 64].entries()) {
    for (let j = 0; j < 3; j++) {
      const name = `stage${i}.${j}`;
      const stride = i > 0 && j === 0 ? 2 : 1;
      rectified(net, `${name}.conv1`, { outChannels, kernel: 3, stride, padding: 1, bias: false }, start);
      const end = normalized(net, `${name}.conv2`, { outChannels, kernel: 3, padding: 1, bias: false });
      if (stride === 2) {
        net.add(pool2d(`${name}.every second`, { operation: 'average', kernel: 1, stride: 2 }), start);
        start = net.add(pad(`${name}.channels`, { channels: [outChannels / 4, outChannels / 4] }));
      }
      net.add(add(name), end, start);
      start = net.add(activation(`${name}.relu`, 'relu'));
    }
  }
  for (const step of [globalPool('pool', 'average'), flatten('flat'), dense('out', { outputs: 10 })])
    net.add(step);
  return net.build();
}

/** A depthwise convolution of 3 x 3 and one of single pixels, both normalised. */
function separable(net: NetworkBuilder, name: string, from: Size2d, channels: Size2d, stride: number): void {
  const [groups, outChannels] = channels;
  const padding = same(from, [3, 3], stride);
  rectified(net, `${name}.depthwise`, { outChannels: groups, groups, kernel: 3, stride, padding });
  rectified(net, `${name}.pointwise`, { outChannels, kernel: 1 });
}

/** Width 0.25, two classes; 96 x 96 x 3. */
function mobilenet(): Network {
  const net = new NetworkBuilder([3, 96, 96]);
  const stem = { outChannels: 8, kernel: 3, stride: 2, padding: same([96, 96], [3, 3], 2) };
  rectified(net, 'stem', stem);
  let [channels, size] = [8, 48];
  const blocks = [16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256];
  const halving = new Set([1, 3, 5, 11]);
  for (const [i, outChannels] of blocks.entries()) {
    const stride = halving.has(i) ? 2 : 1;
    separable(net, `block${i}`, [size, size], [channels, outChannels], stride);
    [channels, size] = [outChannels, size / stride];
  }
  const end: Step[] = [globalPool('pool', 'average'), flatten('flat'), dense('out', { outputs: 2 })];
  for (const step of end) net.add(step);
  return net.build();
}

/** Keywords: 49 frames of 10 coefficients, twelve classes. */
function dscnn(): Network {
  const net = new NetworkBuilder([1, 49, 10]);
  const padding = same([49, 10], [10, 4], 2);
  rectified(net, 'stem', { outChannels: 64, kernel: [10, 4], stride: 2, padding });
  for (let i = 0; i < 4; i++) separable(net, `block${i}`, [25, 5], [64, 64], 1);
  net.add(pool2d('pool', { operation: 'average', kernel: [25, 5] }));
  for (const step of [flatten('flat'), dense('out', { outputs: 12 })]) net.add(step);
  return net.build();
}

/** With the parameters that they have in PyTorch or Keras, running statistics included. */
export const PUBLIC_NETWORKS = {
  'ResNet-8': { network: resnet8(), parameters: 78_666 },
  'ResNet-20': { network: resnet20(), parameters: 271_098 },
  'MobileNetV1-0.25': { network: mobilenet(), parameters: 221_794 },
  'DS-CNN': { network: dscnn(), parameters: 24_908 },
} as const satisfies Readonly<Record<string, { network: Network; parameters: number }>>;
