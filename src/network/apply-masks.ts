import { checkMasks, isKept, type Masks } from '../core/mask.ts';
import type { Model } from './model.ts';
import { problemOf } from './problem.ts';

/**
 * The pruned model: pruned weights are 0, kept weights and all biases stay. Throws 'bad-input' if the masks do not fit.
 */
export function applyMasks(model: Model, masks: Masks): Model {
  checkMasks(masks, problemOf(model.network).layers);
  const parameters = model.parameters.map(({ weight, bias }, i) => ({
    // Not a product, which would leave -0 for pruned negative weights.
    weight: weight.map((value, at) => (isKept(masks[i]!, at) ? value : 0)),
    bias,
  }));
  return { ...model, parameters };
}
