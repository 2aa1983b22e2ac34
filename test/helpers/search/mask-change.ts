import * as assert from 'uvu/assert';
import { maskFromBytes, maskToBytes, type Mask } from '../../../src/core/mask.ts';

/** A mask of which about this share of the weights is kept. */
export function randomMask(length: number, share: number, random: () => number): Mask {
  return maskFromBytes(Array.from({ length }, () => (random() < share ? 1 : 0)));
}

export interface MaskChange {
  readonly dropped: readonly number[];
  readonly restored: readonly number[];
}

/** What going from one mask to another drops and restores. */
export function changeOf(before: Mask, after: Mask): MaskChange {
  assert.is(after.length, before.length);
  const [old, now] = [maskToBytes(before), maskToBytes(after)];
  const indices = [...old.keys()];
  return {
    dropped: indices.filter((i) => old[i] === 1 && now[i] === 0),
    restored: indices.filter((i) => old[i] === 0 && now[i] === 1),
  };
}
