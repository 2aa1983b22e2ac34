/** A small network, and its parameters as a state dict. */
import { activation, conv2d, dense, flatten, pool2d, sequential } from '../../../src/network/builder.ts';
import { parameterShapes } from '../../../src/network/parameter-shapes.ts';
import { generator } from '../data/numbers.ts';
import { tensor, type TestTensor } from './file.ts';

export const network = sequential(
  [1, 8, 8],
  conv2d('conv', { outChannels: 3, kernel: 3 }),
  activation('relu', 'relu'),
  pool2d('pool', { operation: 'max', kernel: 2 }),
  flatten('flat'),
  dense('fc', { outputs: 5 }),
  activation('relu2', 'relu'),
  dense('out', { outputs: 4 }),
);

/** Multiples of 1/64 below 1, which every type of floats has. */
export function numbersOf(name: string, count: number): Float32Array {
  const random = generator(`torch ${name}`);
  return Float32Array.from({ length: count }, () => (random.below(126) - 63 || 1) / 64);
}

export const NUMBERS: ReadonlyMap<string, Float32Array> = new Map(
  [...parameterShapes(network)].map(([name, shape]) => [
    name,
    numbersOf(
      name,
      shape.reduce((a, b) => a * b),
    ),
  ]),
);

/** The tensors of the network. */
export function stateDict(
  type: 'float32' | 'float64' | 'float16' | 'bfloat16' = 'float32',
  prefix = '',
): Readonly<Record<string, TestTensor>> {
  return Object.fromEntries(
    [...parameterShapes(network)].map(([name, shape]) => [
      `${prefix}${name}`,
      tensor(shape, NUMBERS.get(name)!, type),
    ]),
  );
}
