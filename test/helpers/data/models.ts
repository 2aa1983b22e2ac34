import type { ImageSet } from '../../../src/data/dataset.ts';
import type { Model } from '../../../src/network/model.ts';
import { problemOf } from '../../../src/network/problem.ts';
import { classesOf, fuse } from '../../../src/network/fuse.ts';
import type { Network } from '../../../src/network/network.ts';
import { parameterShapes } from '../../../src/network/parameter-shapes.ts';
import { fullMasks as keepAll, weightsOf, type Masks } from '../../../src/core/mask.ts';
import { conv, flat, full, means, stack } from './networks.ts';
import { generator } from './numbers.ts';

/** Two convolutions and two dense layers over 8x8 images, in little time. */
export const tinyNetwork: Network = stack(
  [1, 8, 8],
  conv('conv1', 3, 3, { padding: 1, end: 'sigmoid' }),
  means(),
  conv('conv2', 5, 2, { end: 'tanh' }),
  flat,
  full('fc1', 14, 'relu'),
  full('out', 4),
);

/** A network with random parameters, scaled so that activations neither vanish nor saturate. */
export function randomModel(network: Network, seed: string): Model {
  const random = generator(seed);
  const tensors = new Map<string, Float32Array>();
  const fill = (name: string | undefined, values: Float32Array) => {
    if (name !== undefined && !tensors.has(name)) tensors.set(name, values);
  };
  for (const { mask, source, weights, biases } of fuse(network)) {
    if (mask === undefined) continue;
    fill(source.weight, random.floats(weights, 1.5 / Math.sqrt(weights / biases)));
    fill(source.bias, random.floats(biases, 0.5));
  }
  const around = (centre: number, length: number) =>
    random.floats(length, 0.5).map((value) => centre + value);
  const parameters = parameterShapes(network);
  for (const node of network.nodes) {
    if (node.kind !== 'batchNorm' && node.kind !== 'affine') continue;
    const [channels] = parameters.get(node.kind === 'affine' ? node.scale : node.mean)!;
    fill(node.scale, around(1, channels!));
    fill(node.shift, around(0, channels!));
    if (node.kind === 'affine') continue;
    fill(node.mean, around(0, channels!));
    fill(node.variance, around(1, channels!));
  }
  return { network, normalization: { mean: 0.4, std: 0.5 }, tensors };
}

/** Noise as images. */
export function randomImages(network: Network, count: number, seed: string): ImageSet {
  const random = generator(seed);
  const classes = classesOf(network);
  const [channels = 1, height = 1, width = 1] = network.input;
  return {
    ...{ count, channels, height, width },
    pixels: Uint8Array.from({ length: count * channels * height * width }, () => random.below(256)),
    labels: Uint8Array.from({ length: count }, () => random.below(classes)),
  };
}

/** Masks that keep each weight with probability `density`. */
export function randomMasks(network: Network, density: number, seed: string): Masks {
  const random = generator(seed);
  return problemOf(network).layers.map(({ shape }) => {
    const weights = weightsOf(shape);
    return { length: weights, words: random.bits(weights, density) };
  });
}

export function fullMasks(network: Network): Masks {
  return keepAll(problemOf(network).layers);
}

/** Images that networks tell apart: each channel of each has its own brightness and slopes, and a little noise. */
export function shadedImages(network: Network, count: number, seed: string): ImageSet {
  const noise = randomImages(network, count, seed);
  const random = generator(`${seed} shades`);
  const { channels = 1, height, width } = noise;
  const area = height * width;
  const pixels = noise.pixels.slice();
  for (let plane = 0; plane < count * channels; plane++) {
    const [level, down, across] = random.floats(3, 1);
    for (let i = 0; i < area; i++) {
      const [row, column] = [Math.floor(i / width) / height - 0.5, (i % width) / width - 0.5];
      const shade = 128 + 90 * (level! + down! * row + across! * column);
      const at = plane * area + i;
      pixels[at] = Math.min(255, Math.max(0, Math.round(shade + pixels[at]! / 16)));
    }
  }
  return { ...noise, pixels };
}
