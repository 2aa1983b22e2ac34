import type { ImageSet } from '../../../src/data/dataset.ts';
import type { Model } from '../../../src/network/model.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { fuse } from '../../../src/network/fuse.ts';
import type { Network } from '../../../src/network/network.ts';
import { fullMasks as keepAll, type Masks } from '../../../src/core/mask.ts';
import { generator } from './numbers.ts';

/** Two convolutions and two dense layers over 8x8 images: every kind of layer, in little time. */
export const tinyNetwork: Network = {
  input: { channels: 1, height: 8, width: 8 },
  layers: [
    { kind: 'conv2d', name: 'conv1', outChannels: 3, kernel: 3, padding: 1, activation: 'sigmoid' },
    { kind: 'avgpool2d' },
    { kind: 'conv2d', name: 'conv2', outChannels: 5, kernel: 2, padding: 0, activation: 'tanh' },
    { kind: 'flatten' },
    { kind: 'dense', name: 'fc1', outputs: 14, activation: 'relu' },
    { kind: 'dense', name: 'out', outputs: 4, activation: 'none' },
  ],
};

/** A network with random parameters, scaled so that activations neither vanish nor saturate. */
export function randomModel(network: Network, seed: string): Model {
  const random = generator(seed);
  return {
    network,
    normalization: { mean: 0.4, std: 0.5 },
    parameters: fuse(network).map(({ weights, biases }) => ({
      weight: random.floats(weights, 1.5 / Math.sqrt(weights / biases)),
      bias: random.floats(biases, 0.5),
    })),
  };
}

/** Noise as images. */
export function randomImages({ input, layers }: Network, count: number, seed: string): ImageSet {
  const random = generator(seed);
  const last = layers.at(-1);
  const classes = last?.kind === 'dense' ? last.outputs : 1;
  return {
    count,
    height: input.height,
    width: input.width,
    pixels: Uint8Array.from({ length: count * input.height * input.width }, () => random.below(256)),
    labels: Uint8Array.from({ length: count }, () => random.below(classes)),
  };
}

/** Masks that keep each weight with probability `density`. */
export function randomMasks(network: Network, density: number, seed: string): Masks {
  const random = generator(seed);
  return fuse(network).map(({ weights }) => ({ length: weights, words: random.bits(weights, density) }));
}

export function fullMasks(network: Network): Masks {
  return keepAll(problemOf(network).layers);
}
