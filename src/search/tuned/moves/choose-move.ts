import type { Masks } from '../../../core/mask.ts';
import type { Move, MoveContext } from './moves.ts';
import type { StepSizes } from './step-sizes.ts';

/**
 * What the first move proposes that has something to change, in an order drawn by the frequencies of the moves; undefined
 * if none has. `move` is its index.
 */
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
