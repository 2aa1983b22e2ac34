/** Masks and models to try things with, the same for the same seed. */
import {
  lenet5,
  maskFromBytes,
  type Activation,
  type Masks,
  type Model,
  type PrunableLayer,
} from 'masksearch';
import seedrandom from 'seedrandom';
import { sizeOf, fuse } from './layers.ts';

/** Masks that keep each weight with probability `density`. */
export function randomMasks(layers: readonly PrunableLayer[], density: number, seed: string): Masks {
  const random = seedrandom.alea(seed);
  return layers.map(({ shape }) =>
    maskFromBytes(Uint8Array.from({ length: sizeOf(shape) }, () => (random() < density ? 1 : 0))),
  );
}

/** `count` masks of densities evenly from `highest` down to `lowest`, no layer of any equal to one of another. */
export function fallingMasks(
  layers: readonly PrunableLayer[],
  count: number,
  [highest, lowest]: readonly [number, number],
): readonly Masks[] {
  return Array.from({ length: count }, (_, i) => {
    const density = highest + ((lowest - highest) * i) / Math.max(1, count - 1);
    return randomMasks(layers, density, `masks ${i}`);
  });
}

/** A LeNet-5 that was never trained, scaled so that activations neither vanish nor saturate. */
export function randomModel(activation: Activation): Model {
  const network = lenet5(activation);
  const random = seedrandom.alea(`model ${activation}`);
  const uniform = (length: number, bound: number) =>
    Float32Array.from({ length }, () => (2 * random() - 1) * bound);
  const tensors = new Map(
    fuse(network).flatMap(({ layer: { name }, weightShape: [outputs, ...inputs] }) => [
      [`${name}.weight`, uniform(outputs! * sizeOf(inputs), 2 / Math.sqrt(sizeOf(inputs)))] as const,
      [`${name}.bias`, uniform(outputs!, 0.5)] as const,
    ]),
  );
  return { network, normalization: { mean: 0.13, std: 0.31 }, tensors };
}
