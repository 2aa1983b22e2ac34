/** What the graphs are made of. */
import {
  conv2d,
  dense,
  flatten,
  globalPool,
  NetworkBuilder,
  type Step,
} from '../../../../src/network/builder.ts';
import type { Network } from '../../../../src/network/network.ts';

export const INPUT_SHAPE = [1, 8, 8] as const;

/** A 3 x 3 convolution that keeps the size of the image. */
export const same = (
  name: string,
  outChannels: number,
  more: { bias?: boolean; weight?: string } = {},
): Step => conv2d(name, { outChannels, kernel: 3, padding: 1, ...more });

export const point = (name: string, outChannels: number): Step => conv2d(name, { outChannels, kernel: 1 });

/** Global average pooling and a dense layer. */
export const head: readonly Step[] = [
  globalPool('pooled', 'average'),
  flatten('flat'),
  dense('out', { outputs: 4 }),
];

export function build(input: readonly number[], describe: (builder: NetworkBuilder) => void): Network {
  const builder = new NetworkBuilder(input);
  describe(builder);
  return builder.build();
}
