/** What a network is evaluated under: masks, and the parameters that differ from the model's. */
import { masksEqual, type Masks } from '../../core/mask.ts';
import type { ChangedParameters } from '../../network/layer-parameters.ts';

/** See `ChangedParameters`; one entry per fused layer. */
export type ChangedLayers = readonly (ChangedParameters | undefined)[];

export interface NetworkState {
  readonly masks: Masks;
  /** Undefined: all parameters are the model's. */
  readonly parameters?: ChangedLayers | undefined;
}

/** Whether fused layer `s` has the same parameters in both: the same arrays, or the model's. */
export function sameParameters(
  a: ChangedLayers | undefined,
  b: ChangedLayers | undefined,
  s: number,
): boolean {
  const [first, second] = [a?.[s], b?.[s]];
  return first === second || (first?.weight === second?.weight && first?.bias === second?.bias);
}

/** Whether the layers from `from` on have the same parameters in both. */
export function sameParametersFrom(
  a: ChangedLayers | undefined,
  b: ChangedLayers | undefined,
  from: number,
): boolean {
  if (a === b) return true;
  const layers = (a ?? b)!.length;
  for (let s = from; s < layers; s++) if (!sameParameters(a, b, s)) return false;
  return true;
}

/** Whether masks have equal bits and all parameters are the same. */
export function statesEqual(a: NetworkState, b: NetworkState): boolean {
  const equalMasks = a.masks.every((mask, i) => masksEqual(mask, b.masks[i]!));
  return equalMasks && sameParametersFrom(a.parameters, b.parameters, 0);
}
