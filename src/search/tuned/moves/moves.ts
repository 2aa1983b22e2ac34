/** The moves of tuned annealing: each proposes masks near the current ones. */
import { countKept, type Mask, type Masks } from '../../../core/mask.ts';
import type { RandomStream } from '../../../core/random.ts';
import type { Ranking } from './ranking.ts';

/** What a move may use. Random numbers must come from `random` alone, so that a step always proposes the same masks. */
export interface MoveContext {
  /** The current masks. Moves must not write to them. */
  readonly masks: Masks;
  /** Index, among `masks`, of the layer being searched. */
  readonly layer: number;
  /** Indices of all layers that may be changed. */
  readonly searched: readonly number[];
  /** Number of weights to change, at least 1. It grows when proposals of this move are accepted and shrinks otherwise. */
  readonly stepSize: number;
  /** The weights of each layer by importance. */
  readonly rankings: readonly Ranking[];
  /** How many more weights may be pruned, in all layers together and in each. */
  readonly maxPrunable: number;
  readonly maxPrunableIn: (layer: number) => number;
  readonly random: RandomStream;
}

export interface Move {
  /** Unique among the moves of a search. */
  readonly name: string;
  /** How often the move is drawn, relative to the others. */
  readonly frequency: number;
  /** New masks, sharing those of unchanged layers; undefined if the move has nothing to change. */
  propose(context: MoveContext): Masks | undefined;
}

/** Share of the dropped weights that `exchange` restores. */
const RESTORED_SHARE = 1 / 3;

/** Drops weights. */
export const prune: Move = {
  name: 'prune',
  frequency: 7,
  propose: ({ masks, layer, stepSize, rankings, maxPrunable, maxPrunableIn, random }) => {
    const count = Math.min(stepSize, maxPrunable, maxPrunableIn(layer));
    const drop = rankings[layer]!.pickKept(masks[layer]!, count, random);
    return drop.length === 0 ? undefined : changed(masks, layer, drop, []);
  },
};

/** Drops weights and restores a third as many. */
export const exchange: Move = {
  name: 'exchange',
  frequency: 7,
  propose: ({ masks, layer, stepSize, rankings, maxPrunable, maxPrunableIn, random }) => {
    const mask = masks[layer]!;
    const drop = rankings[layer]!.pickKept(mask, Math.max(2, stepSize), random);
    const restored = Math.max(1, Math.floor(drop.length * RESTORED_SHARE));
    const restore = rankings[layer]!.pickPruned(mask, restored, random);
    const net = drop.length - restore.length;
    if (restore.length === 0 || net < 1 || net > Math.min(maxPrunable, maxPrunableIn(layer)))
      return undefined;
    return changed(masks, layer, drop, restore);
  },
};

/** Drops weights and restores as many of the same layer. */
export const swap: Move = {
  name: 'swap',
  frequency: 6,
  propose: ({ masks, layer, stepSize, rankings, random }) => {
    const mask = masks[layer]!;
    const drop = rankings[layer]!.pickKept(
      mask,
      Math.min(stepSize, rankings[layer]!.countPruned(mask)),
      random,
    );
    const restore = rankings[layer]!.pickPruned(mask, drop.length, random);
    if (drop.length === 0 || drop.length !== restore.length) return undefined;
    return changed(masks, layer, drop, restore);
  },
};

/** Drops weights and restores as many of another layer. */
export const transfer: Move = {
  name: 'transfer',
  frequency: 1,
  propose: ({ masks, layer, searched, stepSize, rankings, maxPrunableIn, random }) => {
    const others = searched.filter((other) => other !== layer);
    if (others.length === 0) return undefined;
    const other = others[Math.floor(random() * others.length)]!;
    const count = Math.min(stepSize, rankings[other]!.countPruned(masks[other]!), maxPrunableIn(layer));
    const drop = rankings[layer]!.pickKept(masks[layer]!, count, random);
    const restore = rankings[other]!.pickPruned(masks[other]!, drop.length, random);
    if (drop.length === 0 || drop.length !== restore.length) return undefined;
    return changed(changed(masks, layer, drop, []), other, [], restore);
  },
};

/** Restores weights. */
export const regrow: Move = {
  name: 'regrow',
  frequency: 1,
  propose: ({ masks, layer, stepSize, rankings, random }) => {
    const restore = rankings[layer]!.pickPruned(masks[layer]!, stepSize, random);
    return restore.length === 0 ? undefined : changed(masks, layer, [], restore);
  },
};

export const MOVES: readonly Move[] = [prune, exchange, swap, transfer, regrow];

/** `masks` with weights of one layer dropped and others restored. */
export function changed(
  masks: Masks,
  layer: number,
  drop: readonly number[],
  restore: readonly number[],
): Masks {
  const { length, words } = masks[layer]!;
  const next = words.slice();
  for (const index of drop) next[index >>> 5]! &= ~(1 << (index & 31));
  for (const index of restore) next[index >>> 5]! |= 1 << (index & 31);
  const mask: Mask = { length, words: next };
  return masks.with(layer, mask);
}

/** The fraction of weights that are kept in one of the masks and pruned in the other, in the layers that are not shared. */
export function changedShare(before: Masks, after: Masks): number {
  let [differing, weights] = [0, 0];
  after.forEach((mask, layer) => {
    const old = before[layer]!;
    if (mask === old) return;
    weights += mask.length;
    differing += countKept({ length: mask.length, words: mask.words.map((word, w) => word ^ old.words[w]!) });
  });
  return weights === 0 ? 0 : differing / weights;
}
