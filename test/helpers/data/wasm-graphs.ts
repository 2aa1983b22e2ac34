/** Small networks that are no chains of plain layers, and random models of them. */
import {
  activation,
  add,
  batchNorm,
  concat,
  conv2d,
  dense,
  flatten,
  globalPool,
  NetworkBuilder,
  pad,
  pool2d,
  sequential,
} from '../../../src/network/builder.ts';
import type { Model } from '../../../src/network/model.ts';
import { INPUT, type Network } from '../../../src/network/network.ts';
import { parameterShapes } from '../../../src/network/parameter-shapes.ts';
import { elementsOf } from '../../../src/network/shapes.ts';
import { generator } from './numbers.ts';

/** Two residual blocks; the second halves the image, and its shortcut picks pixels and adds channels of zeros. */
function residual(): Network {
  const net = new NetworkBuilder([1, 9, 7]);
  net.add(conv2d('stem', { outChannels: 4, kernel: 3, padding: 1, bias: false }));
  net.add(batchNorm('stem norm'));
  const block = net.add(activation('stem relu', 'relu'));
  net.add(conv2d('conv1', { outChannels: 4, kernel: 3, padding: 1, bias: false }));
  net.add(batchNorm('norm1'));
  net.add(activation('relu1', 'relu'));
  net.add(conv2d('conv2', { outChannels: 4, kernel: 3, padding: 1 }));
  // Three in a row, so that a tensor of the same layout is written while the shortcut still waits.
  net.add(conv2d('conv2b', { outChannels: 4, kernel: 3, padding: 1 }));
  const sum = net.add(add('add1'), 'conv2b', block);
  const end = net.add(activation('relu2', 'relu'), sum);
  net.add(pool2d('pick', { operation: 'max', kernel: 1, stride: 2 }), end);
  const shortcut = net.add(pad('more channels', { channels: [1, 2] }));
  net.add(conv2d('conv3', { outChannels: 7, kernel: 3, stride: 2, padding: 1 }), end);
  net.add(activation('relu3', 'relu'));
  net.add(conv2d('conv4', { outChannels: 7, kernel: [3, 1], padding: [1, 0, 1, 0] }));
  net.add(add('add2'), 'conv4', shortcut);
  net.add(activation('silu', 'silu'));
  net.add(globalPool('global', 'average'));
  net.add(flatten('flat'));
  net.add(dense('out', { outputs: 5 }));
  return net.build();
}

const separable = sequential(
  [1, 11, 10],
  conv2d('stem', { outChannels: 6, kernel: 3, stride: 2, padding: [0, 1, 1, 0] }),
  activation('relu6', 'relu6'),
  conv2d('depthwise1', { outChannels: 6, groups: 6, kernel: 3, padding: 1, bias: false }),
  batchNorm('norm1'),
  activation('hard-swish', 'hard-swish'),
  conv2d('pointwise1', { outChannels: 8, kernel: 1 }),
  batchNorm('norm2'),
  conv2d('depthwise2', { outChannels: 16, groups: 8, kernel: [3, 2], stride: 2, padding: [1, 0, 1, 1] }),
  activation('elu', 'elu'),
  conv2d('pointwise2', { outChannels: 6, groups: 2, kernel: 1 }),
  activation('hard-sigmoid', 'hard-sigmoid'),
  globalPool('global', 'max'),
  flatten('flat'),
  dense('out', { outputs: 4 }),
);

/** Every layer reads the outputs of all before it; then features beside a flattened image. */
function denselyConnected(): Network {
  const net = new NetworkBuilder([1, 6, 6]);
  const first = net.add(conv2d('conv1', { outChannels: 3, kernel: 3, padding: 1 }));
  const second = net.add(conv2d('conv2', { outChannels: 2, kernel: 3, padding: 1 }));
  const joined = net.add(concat('concat1'), first, second);
  net.add(conv2d('conv3', { outChannels: 4, kernel: 1 }));
  net.add(activation('leaky', 'leaky-relu'));
  net.add(concat('concat2'), joined, 'leaky', first);
  // Not folded: it follows no weights.
  net.add(batchNorm('norm'));
  net.add(activation('softplus', 'softplus'));
  net.add(pool2d('means', { operation: 'average', kernel: 3, padding: 1, stride: 2, countPadding: true }));
  const image = net.add(flatten('flat'));
  net.add(batchNorm('norm of features'));
  const features = net.add(dense('hidden', { outputs: 9 }));
  net.add(concat('concat3'), image, features);
  net.add(dense('out', { outputs: 3 }));
  return net.build();
}

/** One tensor of weights in three convolutions, with different normalisations and paddings. */
function shared(): Network {
  const net = new NetworkBuilder([1, 8, 7]);
  net.add(conv2d('stem', { outChannels: 4, kernel: 3, padding: 1 }));
  for (const [i, padding] of (
    [
      [1, 1, 1, 1],
      [2, 0, 0, 1],
      [0, 1, 0, 2],
    ] as const
  ).entries()) {
    net.add(conv2d(`repeated${i}`, { outChannels: 4, kernel: 3, padding, weight: 'repeated.weight' }));
    net.add(batchNorm(`norm${i}`));
    net.add(activation(`tanh${i}`, 'tanh'));
  }
  net.add(flatten('flat'));
  net.add(dense('out', { outputs: 4 }));
  return net.build();
}

const pooled = sequential(
  [1, 15, 13],
  conv2d('conv1', { outChannels: 5, kernel: 3, dilation: [1, 2] }),
  pool2d('fused', { operation: 'max', kernel: 2 }),
  activation('relu', 'relu'),
  conv2d('conv2', { outChannels: 4, kernel: 2, padding: 1 }),
  activation('gelu', 'gelu'),
  pool2d('overlapping', { operation: 'max', kernel: 3, stride: 2, padding: 1, ceil: true }),
  conv2d('conv3', { outChannels: 6, kernel: 1 }),
  pool2d('uneven', { operation: 'average', kernel: [1, 2], stride: [1, 1] }),
  flatten('flat'),
  dense('out', { outputs: 4 }),
);

const signal = sequential(
  [1, 1, 40],
  conv2d('conv1', { outChannels: 4, kernel: [1, 5], stride: [1, 2], padding: [0, 2, 0, 2] }),
  activation('relu', 'relu'),
  pool2d('pool', { operation: 'max', kernel: [1, 2] }),
  conv2d('conv2', { outChannels: 6, groups: 2, kernel: [1, 3], dilation: [1, 2] }),
  activation('sigmoid', 'sigmoid'),
  flatten('flat'),
  dense('hidden', { outputs: 7 }),
  activation('gelu', 'gelu'),
  dense('out', { outputs: 3 }),
);

/** The image is read again in the middle, and the scores are the pixels of an image. Without padding an image has a power of two of pixels. */
function imageTwice(): Network {
  const net = new NetworkBuilder([1, 8, 8]);
  net.add(conv2d('conv1', { outChannels: 3, kernel: 3, padding: 1 }));
  net.add(conv2d('conv2', { outChannels: 1, kernel: 1 }));
  net.add(add('add'), 'conv2', INPUT);
  net.add(activation('tanh', 'tanh'));
  net.add(concat('concat'), 'tanh', INPUT);
  net.add(conv2d('conv3', { outChannels: 2, kernel: 5, stride: [3, 2] }));
  net.add(flatten('scores'));
  return net.build();
}

export const GRAPHS: Readonly<Record<string, Network>> = {
  residual: residual(),
  'depthwise-separable': separable,
  'densely connected': denselyConnected(),
  'shared weights': shared(),
  'max pooling': pooled,
  signal,
  'image read twice': imageTwice(),
};

/** Random parameters, scaled so that activations neither vanish nor saturate; all variances are about 1. */
export function randomGraph(network: Network, seed: string): Model {
  const random = generator(seed);
  const tensors = new Map<string, Float32Array>();
  for (const [name, shape] of parameterShapes(network)) {
    const size = elementsOf(shape);
    if (shape.length > 1) tensors.set(name, random.floats(size, 1.5 / Math.sqrt(size / shape[0]!)));
    else {
      const around = name.endsWith('running_var') || (name.startsWith('norm') && name.endsWith('.weight'));
      tensors.set(
        name,
        random.floats(size, 0.5).map((value) => value + (around ? 1 : 0)),
      );
    }
  }
  return { network, normalization: { mean: 0.4, std: 0.5 }, tensors };
}
