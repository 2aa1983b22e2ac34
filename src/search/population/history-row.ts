/** What the history says of a generation. */
import { countKept, masksEqual, type Masks } from '../../core/mask.ts';
import type { HistoryRow, Problem, Solution } from '../contract.ts';
import { measuresOf } from '../shell.ts';
import { changedShare } from '../tuned/moves/moves.ts';
import type { PopulationState } from './state.ts';

/** @param state after the generation, which has changed the leader from `before` to `after` */
export function historyRow(
  { layers }: Problem,
  state: PopulationState,
  before: Solution,
  after: Solution,
): HistoryRow {
  return {
    layer: layers[state.layer]!.position,
    generation: state.generation - 1,
    evaluation: state.evaluations,
    mutationRate: changedShare(before.masks, sharing(after.masks, before.masks)),
    ...measuresOf(after),
    globalSparsity: after.sparsity.global,
  };
}

/** Index of the layer in which most weights differ, as a share of the layer. */
export function mostChangedLayer(before: Masks, after: Masks): number {
  let [most, layer] = [-1, 0];
  after.forEach((mask, i) => {
    const words = mask.words.map((word, w) => word ^ before[i]!.words[w]!);
    const share = countKept({ length: mask.length, words }) / mask.length;
    if (share > most) [most, layer] = [share, i];
  });
  return layer;
}

/** `masks` with the mask objects of `others` where they are equal: whether individuals share objects depends on where they come from. */
function sharing(masks: Masks, others: Masks): Masks {
  return masks.map((mask, layer) => (masksEqual(mask, others[layer]!) ? others[layer]! : mask));
}
