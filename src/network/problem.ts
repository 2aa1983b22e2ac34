import type { PrunableLayer, Problem } from '../search/contract.ts';
import { fuse } from './fuse.ts';
import type { Network } from './network.ts';

/** A network as the search sees it: name, weight shape and position of each layer that has weights. */
export function problemOf(network: Network): Problem {
  const layers: PrunableLayer[] = fuse(network).map(({ name, weightShape, position }) => ({
    name,
    shape: weightShape,
    position,
  }));
  return { layers, depth: network.layers.length };
}
