/** Networks of public PyTorch files, whose graphs are in the code of their authors. */
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
  sequential,
} from '../../../src/network/builder.ts';
import type { Network } from '../../../src/network/network.ts';

/** FYH620/lenet-mnist-openvino: pooling before the relu. */
export const fyhLenet: Network = sequential(
  [1, 28, 28],
  conv2d('conv1', { outChannels: 6, kernel: 5 }),
  pool2d('pool1', { operation: 'max', kernel: 2 }),
  activation('relu1', 'relu'),
  conv2d('conv2', { outChannels: 16, kernel: 5 }),
  pool2d('pool2', { operation: 'max', kernel: 2 }),
  activation('relu2', 'relu'),
  flatten('flatten'),
  dense('fc1', { outputs: 120 }),
  activation('relu3', 'relu'),
  dense('fc2', { outputs: 84 }),
  activation('relu4', 'relu'),
  dense('fc3', { outputs: 10 }),
);

/**
 * akamaster/pytorch_resnet_cifar10, ResNet-20 with shortcuts of kind A: F.pad(x[:, :, ::2, ::2], channels), every second pixel and channels of zeros
 * before and after.
 */
export function akamasterResnet20(): Network {
  const net = new NetworkBuilder([3, 32, 32]);
  net.add(conv2d('conv1', { outChannels: 16, kernel: 3, padding: 1, bias: false }));
  net.add(batchNorm('bn1'));
  let x = net.add(activation('relu', 'relu'));
  let channels = 16;
  for (const [layer, outChannels] of [16, 32, 64].entries()) {
    for (let block = 0; block < 3; block++) {
      const name = `layer${layer + 1}.${block}`;
      const stride = layer > 0 && block === 0 ? 2 : 1;
      net.add(conv2d(`${name}.conv1`, { outChannels, kernel: 3, stride, padding: 1, bias: false }), x);
      net.add(batchNorm(`${name}.bn1`));
      net.add(activation(`${name}.relu1`, 'relu'));
      net.add(conv2d(`${name}.conv2`, { outChannels, kernel: 3, padding: 1, bias: false }));
      const y = net.add(batchNorm(`${name}.bn2`));
      if (stride === 2) {
        net.add(pool2d(`${name}.every-second`, { operation: 'max', kernel: 1, stride: 2 }), x);
        const side = (outChannels - channels) / 2;
        x = net.add(pad(`${name}.shortcut`, { channels: [side, side] }));
      }
      net.add(add(`${name}.sum`), y, x);
      x = net.add(activation(`${name}.relu2`, 'relu'));
      channels = outChannels;
    }
  }
  net.add(globalPool('pool', 'average'));
  net.add(flatten('flatten'));
  net.add(dense('linear', { outputs: 10 }));
  return net.build();
}
