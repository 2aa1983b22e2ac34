import type { Sparsity } from '../../core/mask.ts';

/** What an objective depends on. */
export interface ObjectiveState {
  /** Mean loss of the masked network on the tuning images, in nats. */
  readonly loss: number;
  /** Fractions of zeros. */
  readonly sparsity: Sparsity;
  /** Nats that one unit of size is worth. The search sets it, and changes it as it goes. */
  readonly lossPerWeight: number;
}

/**
 * The cost that a search minimises. It must not fall while the loss rises: evaluation stops early once the loss is certain
 * to cost too much. Among solutions that meet the goal, the search chooses the one that costs least at equal loss.
 */
export type Objective = (state: ObjectiveState) => number;

/** The fraction of all weights that is kept, plus the loss in units of `lossPerWeight`. */
export const keptWeights: Objective = ({ loss, sparsity, lossPerWeight }) =>
  1 - sparsity.global + loss / lossPerWeight;

/** No mean loss is above this: see docs/numbers.md. */
const MAX_LOSS = 4096;

/**
 * The loss, in nats, above which a solution with this sparsity costs more than `threshold` or exceeds `cap`, rounded up;
 * -Infinity if no loss is low enough, undefined if none is too high.
 */
export function lossLimitFor(
  objective: Objective,
  state: Omit<ObjectiveState, 'loss'>,
  threshold: number,
  cap: number,
): number | undefined {
  const isAccepted = (loss: number) => objective({ ...state, loss }) <= threshold;
  if (!isAccepted(0)) return -Infinity;
  let high = Math.min(cap, MAX_LOSS);
  if (isAccepted(high)) return cap === Infinity ? undefined : cap;
  // Bisects until no number lies between one that is accepted and one that is not.
  for (let low = 0; ;) {
    const middle = (low + high) / 2;
    if (!(middle > low && middle < high)) return high;
    if (isAccepted(middle)) low = middle;
    else high = middle;
  }
}
