import type { PrunableLayer, Problem } from '../search/contract.ts';
import { fuse } from './fuse.ts';
import type { Network } from './network.ts';

/** What the search sees of a network: names, shapes and positions of the layers with weights. */
export function problemOf(network: Network): Problem {
  const layers: PrunableLayer[] = fuse(network).map(({ name, weightShape, position }) => ({
    name,
    shape: weightShape,
    position,
  }));
  return { layers, depth: network.layers.length };
}
