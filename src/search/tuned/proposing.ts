/** From the current masks to a proposal. */
import { countKept, type Masks } from '../../core/mask.ts';
import type { Problem } from '../contract.ts';
import type { StepSizes } from './step-sizes.ts';
import { changed, type Move, type MoveContext } from './moves.ts';

/**
 * Guards against a layer that is cut through: the number of weights that it keeps at least, one for each output on average.
 */
export function minKept({ layers }: Problem, layer: number, weights: number): number {
  return Math.min(weights, layers[layer]!.shape[0]!);
}

/** The first move, in an order drawn by their frequencies, that has something to change; undefined if none has. */
export function chooseMove(
  moves: readonly Move[],
  context: Omit<MoveContext, 'stepSize'>,
  stepSizes: StepSizes,
): { readonly move: number; readonly masks: Masks } | undefined {
  const left = [...moves.keys()];
  while (left.length > 0) {
    const total = left.reduce((sum, move) => sum + moves[move]!.frequency, 0);
    let rest = context.random() * total;
    const place = left.findIndex((move) => (rest -= moves[move]!.frequency) < 0);
    const [move] = left.splice(Math.max(place, 0), 1);
    const stepSize = Math.floor(stepSizes[context.layer]![move!]!);
    const masks = moves[move!]!.propose({ ...context, stepSize });
    if (masks) return { move: move!, masks };
  }
  return undefined;
}

/**
 * `masks` with exactly `missing` more zeros, or as many as there is maxPrunable for: the least important weights of each layer, spread over
 * the layers by what they may lose.
 */
export function pruneToTarget(
  masks: Masks,
  missing: number,
  { searched, rankings, maxPrunableIn }: Pick<MoveContext, 'searched' | 'rankings' | 'maxPrunableIn'>,
): Masks {
  let [still, maxPrunable] = [missing, searched.reduce((sum, layer) => sum + maxPrunableIn(layer), 0)];
  let filled = masks;
  for (const layer of searched) {
    const count =
      maxPrunable > 0
        ? Math.min(maxPrunableIn(layer), Math.round((still * maxPrunableIn(layer)) / maxPrunable))
        : 0;
    filled = changed(filled, layer, rankings[layer]!.lowestKept(masks[layer]!, count), []);
    still -= count;
    maxPrunable -= maxPrunableIn(layer);
  }
  return filled;
}

/** Of the weights of those layers that differ, the share that is kept in one of the masks and not in the other. */
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
