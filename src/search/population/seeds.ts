/** The first generation: thresholds on the importance of each layer. */
import { countPruned, type Masks } from '../../core/mask.ts';
import type { RandomStream } from '../../core/random.ts';
import { changed } from '../tuned/moves/moves.ts';
import type { SearchSetup } from '../tuned/setup.ts';
import { maxPrunableIn } from '../tuned/setup.ts';
import type { Ranking } from '../tuned/moves/ranking.ts';

/** Largest share of a layer's prunable weights that a seed prunes, on average over the layers. */
const MAX_SHARE = 0.8;

/** How far the share of a layer is from that of the whole seed at most, as a factor of what is kept or pruned. */
const SPREAD = 0.9;

/**
 * Masks that prune the least important weights of every layer: a share of its own of each, around one for the whole seed, which rises from the
 * first seed to the last. Where weights have no importance they are drawn.
 */
export function seedMasks(
  masks: Masks,
  { problem, options, searched, goal }: SearchSetup,
  rankings: readonly Ranking[],
  place: number,
  random: RandomStream,
): Masks {
  const isKnown = typeof options.importance !== 'string';
  const share = MAX_SHARE * place;
  const spread = SPREAD * Math.min(share, 1 - share);
  let maxPrunable = (goal.zeros ?? Infinity) - countPruned(masks);
  return searched.reduce((seed, layer) => {
    const ofLayer = share + spread * (2 * random() - 1);
    const count = Math.min(maxPrunable, Math.floor(ofLayer * maxPrunableIn(problem, masks, layer)));
    if (count <= 0) return seed;
    maxPrunable -= count;
    const ranking = rankings[layer]!;
    const drop = isKnown
      ? ranking.lowestKept(masks[layer]!, count)
      : ranking.pickKept(masks[layer]!, count, random);
    return changed(seed, layer, drop, []);
  }, masks);
}
