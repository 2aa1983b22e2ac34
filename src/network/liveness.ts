/** Which tensors must be kept where a network is cut in two. */
import type { FusedLayer, TensorIndex } from './fused-layer.ts';
import type { Network } from './network.ts';
import { elementsOf } from './shapes.ts';

/**
 * The tensors that layers from `cut` on read and layers before it, or the input, have written: what a prefix of `cut` layers
 * must leave so that the rest can run. Ascending.
 */
export function aliveAt(layers: readonly FusedLayer[], cut: number): readonly TensorIndex[] {
  const alive = new Set<TensorIndex>();
  for (const { reads } of layers.slice(cut)) for (const tensor of reads) if (tensor <= cut) alive.add(tensor);
  return [...alive].sort((a, b) => a - b);
}

/** The last layer that reads each tensor, by its number; undefined for the scores. */
export function lastReaders(layers: readonly FusedLayer[]): readonly (number | undefined)[] {
  const last: (number | undefined)[] = Array.from({ length: layers.length + 1 }, () => undefined);
  layers.forEach(({ reads }, s) => {
    for (const tensor of reads) last[tensor] = s;
  });
  return last;
}

/** Elements per image of every tensor, by number. */
export function tensorSizes(network: Network, layers: readonly FusedLayer[]): readonly number[] {
  return [elementsOf(network.input), ...layers.map(({ outputs }) => outputs)];
}
