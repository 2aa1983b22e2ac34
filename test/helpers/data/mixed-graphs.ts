/** Small networks with what chains lack: branches, strides, groups, normalisation, shared weights, one dimension. */
import {
  activation,
  add,
  affine,
  batchNorm,
  concat,
  conv2d,
  dense,
  flatten,
  globalPool,
  NetworkBuilder,
  pad,
  pool2d,
} from '../../../src/network/builder.ts';
import { parameterShapes } from '../../../src/network/parameter-shapes.ts';
import type { Model } from '../../../src/network/model.ts';
import type { Network } from '../../../src/network/network.ts';
import { generator } from './numbers.ts';

/** Two residual blocks, the second with a stride and a shortcut of its own; a cut within a block leaves two tensors. */
function residual(): Network {
  const builder = new NetworkBuilder([1, 10, 8]);
  builder.add(conv2d('stem', { outChannels: 4, kernel: 3, padding: 1, bias: false }));
  builder.add(batchNorm('stem.norm'));
  const start = builder.add(activation('stem.relu', 'relu'));
  builder.add(conv2d('a1', { outChannels: 4, kernel: 3, padding: 1 }));
  builder.add(activation('a1.relu', 'relu'));
  builder.add(conv2d('a2', { outChannels: 4, kernel: 3, padding: 1 }));
  builder.add(add('a'), builder.last, start);
  const middle = builder.add(activation('a.relu', 'relu'));
  builder.add(conv2d('b1', { outChannels: 6, kernel: 3, stride: 2, padding: [0, 0, 1, 1] }));
  const inner = builder.add(activation('b1.relu', 'relu'));
  const shortcut = builder.add(conv2d('b.shortcut', { outChannels: 6, kernel: 1, stride: 2 }), middle);
  builder.add(conv2d('b2', { outChannels: 6, kernel: 3, padding: 1, bias: false }), inner);
  builder.add(batchNorm('b2.norm'));
  builder.add(add('b'), builder.last, shortcut);
  builder.add(activation('b.relu', 'relu'));
  builder.add(globalPool('pool', 'average'));
  builder.add(dense('out', { outputs: 4 }));
  return builder.build();
}

/** Depthwise and pointwise convolutions, as in MobileNet. */
function depthwise(): Network {
  const builder = new NetworkBuilder([1, 10, 9]);
  builder.add(conv2d('stem', { outChannels: 4, kernel: 3, stride: 2, padding: [0, 1, 1, 0] }));
  builder.add(activation('stem.relu6', 'relu6'));
  for (const [name, channels, stride] of [
    ['a', 6, 1],
    ['b', 8, 2],
  ] as const) {
    const { outChannels } = { outChannels: name === 'a' ? 4 : 6 };
    builder.add(
      conv2d(`${name}.deep`, {
        outChannels,
        groups: outChannels,
        kernel: 3,
        stride,
        padding: 1,
        bias: false,
      }),
    );
    builder.add(batchNorm(`${name}.deep.norm`));
    builder.add(activation(`${name}.deep.relu6`, 'relu6'));
    builder.add(conv2d(`${name}.point`, { outChannels: channels, kernel: 1 }));
    builder.add(activation(`${name}.point.swish`, 'hard-swish'));
  }
  builder.add(pool2d('pool', { operation: 'average', kernel: [3, 2] }));
  builder.add(flatten('flat'));
  builder.add(dense('out', { outputs: 5 }));
  return builder.build();
}

/** Branches that are joined, channels of zeros, pooling of odd sizes, groups, a normalisation that cannot be folded. */
function branches(): Network {
  const builder = new NetworkBuilder([1, 8, 9]);
  const left = builder.add(conv2d('left', { outChannels: 3, kernel: [1, 3], padding: [0, 1, 0, 1] }));
  builder.add(conv2d('right', { outChannels: 3, kernel: 3, dilation: 2, padding: 2 }), 'input');
  const right = builder.add(activation('right.elu', 'elu'));
  builder.add(concat('joined'), left, right, left);
  builder.add(batchNorm('norm'));
  builder.add(activation('leaky', 'leaky-relu', 0.1));
  builder.add(pool2d('max', { operation: 'max', kernel: 3, stride: 2, padding: 1 }));
  const pooled = builder.add(pad('wide', { channels: [1, 2] }));
  builder.add(conv2d('grouped', { outChannels: 12, groups: 3, kernel: 2, padding: [1, 1, 0, 0] }));
  builder.add(affine('scaled'));
  builder.add(activation('gelu', 'gelu'));
  builder.add(add('sum'), builder.last, pooled);
  builder.add(
    pool2d('last', {
      operation: 'average',
      kernel: 3,
      stride: 2,
      padding: 1,
      countPadding: true,
      ceil: true,
    }),
  );
  builder.add(flatten('flat'));
  builder.add(dense('hidden', { outputs: 7 }));
  builder.add(activation('hidden.silu', 'silu'));
  builder.add(dense('out', { outputs: 3 }));
  return builder.build();
}

/** A signal of one dimension, and weights that two layers share. */
function signal(): Network {
  const builder = new NetworkBuilder([1, 1, 30]);
  builder.add(conv2d('first', { outChannels: 4, kernel: [1, 5], stride: [1, 2] }));
  builder.add(activation('first.tanh', 'tanh'));
  const conv = conv2d('again', {
    outChannels: 4,
    kernel: [1, 3],
    padding: [0, 1, 0, 1],
    weight: 'shared.weight',
  });
  builder.add({ ...conv, name: 'once' });
  builder.add(activation('once.softplus', 'softplus'));
  builder.add({ ...conv, name: 'twice' });
  builder.add(activation('twice.sigmoid', 'hard-sigmoid'));
  builder.add(pool2d('pool', { operation: 'max', kernel: [1, 2] }));
  builder.add(flatten('flat'));
  builder.add(dense('out', { outputs: 3 }));
  return builder.build();
}

export const GRAPHS: Readonly<Record<string, Network>> = {
  residual: residual(),
  depthwise: depthwise(),
  branches: branches(),
  signal: signal(),
};

/** Random parameters, scaled so that activations neither vanish nor saturate; variances are positive. */
export function randomGraphModel(network: Network, seed: string): Model {
  const random = generator(seed);
  const variances = new Set(
    network.nodes.flatMap((node) => (node.kind === 'batchNorm' ? [node.variance] : [])),
  );
  const scales = new Set(
    network.nodes.flatMap((node) => ('scale' in node && node.scale !== undefined ? [node.scale] : [])),
  );
  const tensors = new Map(
    [...parameterShapes(network)].map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b);
      if (variances.has(name) || scales.has(name))
        return [name, random.floats(size, 0.5).map((x) => x + 1)] as const;
      const fanIn = shape.length > 1 ? size / shape[0]! : 9;
      return [name, random.floats(size, 1.5 / Math.sqrt(fanIn))] as const;
    }),
  );
  return { network, normalization: { mean: 0.4, std: 0.5 }, tensors };
}
