import { checkMasks, isKept, type Masks } from '../core/mask.ts';
import type { Model } from './model.ts';
import { problemOf } from './problem.ts';

/**
 * The pruned model: pruned weights are 0, all other parameters stay. Throws 'bad-input' if the masks do not fit.
 */
export function applyMasks(model: Model, masks: Masks): Model {
  const { layers } = problemOf(model.network);
  checkMasks(masks, layers);
  const tensors = new Map(model.tensors);
  layers.forEach(({ weight }, i) => {
    // Not a product, which would leave -0 for pruned negative weights.
    tensors.set(
      weight!,
      tensors.get(weight!)!.map((value, at) => (isKept(masks[i]!, at) ? value : 0)),
    );
  });
  return { ...model, tensors };
}
