/** Repairs the number of zeros of masks that operators have put together. */
import { countKept, countPruned, type Mask, type Masks } from '../../core/mask.ts';
import { totalOf } from '../../core/math.ts';
import { changed } from '../tuned/moves/moves.ts';
import { pruneToTarget } from '../tuned/moves/prune-to-target.ts';
import type { Ranking } from '../tuned/moves/ranking.ts';

export interface RepairContext {
  /** Indices of the layers that may be changed. */
  readonly searched: readonly number[];
  readonly rankings: readonly Ranking[];
  /** How many more weights a layer of these masks may lose. */
  readonly maxPrunableIn: (masks: Masks, layer: number) => number;
}

/**
 * `masks` with exactly `zeros` pruned weights in all layers together, or as close to it as the layers allow. The least important weights are
 * dropped, in every layer the same share of those that it may lose; or the most important ones are restored, the same share of each layer's.
 */
export function withZeros(masks: Masks, zeros: number, context: RepairContext): Masks {
  const missing = zeros - countPruned(masks);
  if (missing === 0) return masks;
  const { searched, rankings, maxPrunableIn } = context;
  if (missing > 0) {
    return pruneToTarget(masks, missing, {
      searched,
      rankings,
      maxPrunableIn: (layer) => maxPrunableIn(masks, layer),
    });
  }
  const restorable = searched.map((layer) => rankings[layer]!.countPruned(masks[layer]!));
  let [surplus, left] = [-missing, totalOf(restorable)];
  let repaired = masks;
  for (const [i, layer] of searched.entries()) {
    const share = left > 0 ? Math.round((surplus * restorable[i]!) / left) : 0;
    const count = Math.min(restorable[i]!, share);
    if (count > 0) {
      repaired = changed(repaired, layer, [], rankings[layer]!.highestPruned(masks[layer]!, count));
    }
    surplus -= count;
    left -= restorable[i]!;
  }
  return repaired;
}

/** `masks` whose layer `layer` has the mask `mask`, repaired to exactly `kept` kept weights: the least important are dropped, or the most important restored. */
export function withLayer(
  masks: Masks,
  layer: number,
  mask: Mask,
  kept: number,
  { rankings }: Pick<RepairContext, 'rankings'>,
): Masks {
  const surplus = countKept(mask) - kept;
  const next = masks.with(layer, mask);
  if (surplus > 0) return changed(next, layer, rankings[layer]!.lowestKept(mask, surplus), []);
  if (surplus < 0) return changed(next, layer, [], rankings[layer]!.highestPruned(mask, -surplus));
  return next;
}
