import { isKept, type Masks } from '../core/mask.ts';
import { fuse } from './fuse.ts';
import type { Network } from './network.ts';

/** The outputs of one layer that masks have cut off. */
export interface DeadOutputs {
  /** Name of the layer. */
  readonly layer: string;
  /** Number of its outputs: channels of a convolution. */
  readonly units: number;
  /** Outputs with no kept weight before them: they give the same whatever the image. */
  readonly withoutInputs: readonly number[];
  /** Outputs with no kept weight after them: they change nothing. None in the last layer. */
  readonly unused: readonly number[];
}

/** Which outputs of each layer are cut off by `masks`, network order. */
export function deadOutputs(network: Network, masks: Masks): readonly DeadOutputs[] {
  const layers = fuse(network);
  return layers.map(({ name, weightShape, weights }, s) => {
    const units = weightShape[0]!;
    const fanIn = weights / units;
    const withoutInputs = indicesWhere(units, (unit) => !keepsAny(masks[s]!, unit * fanIn, fanIn));
    const next = layers[s + 1];
    if (!next) return { layer: name, units, withoutInputs, unused: [] };
    // What one output is spread over: the kernel positions of a convolution, or the pixels of a flattened channel.
    const nextFanIn = next.weights / next.weightShape[0]!;
    const share = nextFanIn / units;
    const used = (unit: number) =>
      Array.from({ length: next.weightShape[0]! }, (_, output) => output * nextFanIn + unit * share).some(
        (first) => keepsAny(masks[s + 1]!, first, share),
      );
    return { layer: name, units, withoutInputs, unused: indicesWhere(units, (unit) => !used(unit)) };
  });
}

function keepsAny(mask: Masks[number], first: number, count: number): boolean {
  for (let i = first; i < first + count; i++) if (isKept(mask, i)) return true;
  return false;
}

function indicesWhere(count: number, is: (index: number) => boolean): readonly number[] {
  return Array.from({ length: count }, (_, i) => i).filter(is);
}
