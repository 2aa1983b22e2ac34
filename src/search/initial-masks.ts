import { fullMasks, intersection, type Mask, type Masks } from '../core/mask.ts';
import type { Problem } from './contract.ts';

/** The masks that a search starts with. */
export function initialMasks({ layers, initial }: Problem): Masks {
  return initial ?? fullMasks(layers);
}

/** `mask` without the weights that are pruned from the start; `mask` itself if there are none. */
export function withinInitial({ initial }: Problem, layer: number, mask: Mask): Mask {
  return initial ? intersection(mask, initial[layer]!) : mask;
}
