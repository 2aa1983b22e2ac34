import type { Activation } from '../kernels/activation.ts';
import type { PoolOperation } from '../kernels/pool2d.ts';
import { activation as activate, conv2d, dense, flatten, pool2d, sequential } from './builder.ts';
import type { Network } from './network.ts';

/** The article's LeNet-5: 28 x 28 grey images, ten classes. The article's activation is the sigmoid, its pooling the mean. */
export function lenet5(activation: Activation = 'sigmoid', pooling: PoolOperation = 'average'): Network {
  const pool = (name: string) => pool2d(name, { operation: pooling, kernel: 2 });
  return sequential(
    [1, 28, 28],
    conv2d('conv1', { outChannels: 6, kernel: 5, padding: 2 }),
    activate('act1', activation),
    pool('pool1'),
    conv2d('conv2', { outChannels: 16, kernel: 5 }),
    activate('act2', activation),
    pool('pool2'),
    flatten('flatten'),
    dense('fc1', { outputs: 120 }),
    activate('act3', activation),
    dense('fc2', { outputs: 84 }),
    activate('act4', activation),
    dense('out', { outputs: 10 }),
  );
}
