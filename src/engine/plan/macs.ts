/** Multiply-accumulates of runs of layers. */
import { countKept, type Masks } from '../../core/mask.ts';
import type { FusedLayer } from '../../network/fuse.ts';

/** Multiply-accumulates per image of the layers from `from` to before `to`, counting pruned weights as if kept. */
export function macsOf(layers: readonly FusedLayer[], from: number, to: number): number {
  return layers.slice(from, to).reduce((sum, { macs }) => sum + macs, 0);
}

/** The multiply-accumulates among `macsOf` whose weight is pruned. */
export function prunedMacsOf(layers: readonly FusedLayer[], masks: Masks, from: number, to: number): number {
  let pruned = 0;
  for (let s = from; s < to; s++) {
    const { macs, weights, mask } = layers[s]!;
    if (mask !== undefined) pruned += (macs / weights) * (weights - countKept(masks[mask]!));
  }
  return pruned;
}
