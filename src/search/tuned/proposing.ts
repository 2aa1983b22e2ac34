/** From the current masks to a proposal. */
import { countKept, type Masks } from '../../core/mask.ts';
import type { Problem } from '../contract.ts';
import type { Blocks } from './step-sizes.ts';
import { changed, type Move, type MoveContext } from './moves.ts';

/**
 * Guards against a layer that is cut through: the number of weights that it keeps at least, one for each output on average.
 */
export function leastKept({ layers }: Problem, layer: number, weights: number): number {
  return Math.min(weights, layers[layer]!.shape[0]!);
}

/** The first move, in an order drawn by their frequencies, that has something to change; undefined if none has. */
export function chooseMove(
  moves: readonly Move[],
  context: Omit<MoveContext, 'block'>,
  blocks: Blocks,
): { readonly move: number; readonly masks: Masks } | undefined {
  const left = [...moves.keys()];
  while (left.length > 0) {
    const total = left.reduce((sum, move) => sum + moves[move]!.frequency, 0);
    let rest = context.random() * total;
    const place = left.findIndex((move) => (rest -= moves[move]!.frequency) < 0);
    const [move] = left.splice(Math.max(place, 0), 1);
    const block = Math.floor(blocks[context.layer]![move!]!);
    const masks = moves[move!]!.propose({ ...context, block });
    if (masks) return { move: move!, masks };
  }
  return undefined;
}

/**
 * `masks` with exactly `missing` more zeros, or as many as there is room for: the least important weights of each layer, spread over
 * the layers by what they may lose.
 */
export function forced(
  masks: Masks,
  missing: number,
  { searched, rankings, roomOf }: Pick<MoveContext, 'searched' | 'rankings' | 'roomOf'>,
): Masks {
  let [still, room] = [missing, searched.reduce((sum, layer) => sum + roomOf(layer), 0)];
  let filled = masks;
  for (const layer of searched) {
    const count = room > 0 ? Math.min(roomOf(layer), Math.round((still * roomOf(layer)) / room)) : 0;
    filled = changed(filled, layer, rankings[layer]!.lowestKept(masks[layer]!, count), []);
    still -= count;
    room -= roomOf(layer);
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
