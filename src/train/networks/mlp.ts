import { activation, dense, flatten, sequential } from '../../network/builder.ts';
import type { Network } from '../../network/network.ts';

/** A multilayer perceptron: dense layers with ReLU. */
export const mlp = (): Network =>
  sequential(
    [1, 28, 28],
    flatten('flatten'),
    dense('fc1', { outputs: 48 }),
    activation('relu1', 'relu'),
    dense('fc2', { outputs: 32 }),
    activation('relu2', 'relu'),
    dense('out', { outputs: 10 }),
  );
