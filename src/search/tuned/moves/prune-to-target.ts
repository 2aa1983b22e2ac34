import type { Masks } from '../../../core/mask.ts';
import { changed, type MoveContext } from './moves.ts';

/**
 * `masks` with `missing` more zeros, or as many as can be pruned. In every layer the same share of the prunable weights is
 * pruned, the least important first.
 */
export function pruneToTarget(
  masks: Masks,
  missing: number,
  { searched, rankings, maxPrunableIn }: Pick<MoveContext, 'searched' | 'rankings' | 'maxPrunableIn'>,
): Masks {
  let stillMissing = missing;
  let stillPrunable = searched.reduce((sum, layer) => sum + maxPrunableIn(layer), 0);
  let pruned = masks;
  for (const layer of searched) {
    const prunable = maxPrunableIn(layer);
    const share = stillPrunable > 0 ? Math.round((stillMissing * prunable) / stillPrunable) : 0;
    const count = Math.min(prunable, share);
    pruned = changed(pruned, layer, rankings[layer]!.lowestKept(masks[layer]!, count), []);
    stillMissing -= count;
    stillPrunable -= prunable;
  }
  return pruned;
}
