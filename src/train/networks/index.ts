/** Networks for 28 x 28 grey images of ten classes, each with the settings that it is trained with unless told otherwise. */
import type { Activation } from '../../kernels/activation.ts';
import { lenet5 } from '../../network/lenet5.ts';
import type { Network } from '../../network/network.ts';
import { REFERENCE_TRAINING } from '../defaults.ts';
import type { TrainOptions } from '../train.ts';
import { cnn } from './cnn.ts';
import { dscnn } from './dscnn.ts';
import { mlp } from './mlp.ts';
import { resnet } from './resnet.ts';

export interface TrainableNetwork {
  /** Only the LeNet-5 lets its activation be chosen. */
  readonly network: (activation?: Activation) => Network;
  readonly training: Pick<TrainOptions, 'epochs' | 'batchSize' | 'learningRate'>;
}

/** Epochs and rates were chosen by the lowest loss on the search split (docs/reference-model.md). */
export const TRAINABLE_NETWORKS = {
  lenet5: { network: lenet5, training: REFERENCE_TRAINING },
  mlp: { network: mlp, training: { epochs: 12, batchSize: 32, learningRate: 0.002 } },
  cnn: { network: cnn, training: { epochs: 12, batchSize: 32, learningRate: 0.003 } },
  resnet: { network: resnet, training: { epochs: 12, batchSize: 32, learningRate: 0.003 } },
  dscnn: { network: dscnn, training: { epochs: 12, batchSize: 32, learningRate: 0.003 } },
} as const satisfies Readonly<Record<string, TrainableNetwork>>;

export type NetworkName = keyof typeof TRAINABLE_NETWORKS;

export const NETWORK_NAMES = Object.keys(TRAINABLE_NETWORKS) as readonly NetworkName[];
