import type { Sparsity } from '../../core/mask.ts';

/** What an objective may look at. */
export interface ObjectiveState {
  /** Mean loss of the masked network on the images tuned on, in nats. */
  readonly loss: number;
  /** Fractions of zeros. */
  readonly sparsity: Sparsity;
  /** Nats that one unit of size is worth: found by the search itself, and changed as it goes. */
  readonly lossPerWeight: number;
}

/**
 * What a search makes small. It must not fall while the loss rises: a proposal is given up as soon as its loss is certain to
 * cost too much. Of states that obey the goal, the one is chosen that costs least at equal loss.
 */
export type Objective = (state: ObjectiveState) => number;

/** The share of all weights that is kept, plus what the loss is worth. */
export const keptWeights: Objective = ({ loss, sparsity, lossPerWeight }) =>
  1 - sparsity.global + loss / lossPerWeight;

/**
 * The loss, in nats, above which a state with this sparsity costs more than `threshold`: at most `cap`, above which every
 * state is rejected; -Infinity if no loss is low enough. Rounded outward.
 */
export function largestLoss(
  objective: Objective,
  state: Omit<ObjectiveState, 'loss'>,
  threshold: number,
  cap: number,
): number | undefined {
  const isAccepted = (loss: number) => objective({ ...state, loss }) <= threshold;
  if (!isAccepted(0)) return -Infinity;
  let high = Math.min(cap, MAX_LOSS);
  if (isAccepted(high)) return cap === Infinity ? undefined : cap;
  for (let low = 0; ;) {
    const middle = (low + high) / 2;
    if (!(middle > low && middle < high)) return high;
    if (isAccepted(middle)) low = middle;
    else high = middle;
  }
}

/** No mean loss is above this: see the numbers of the kernels. */
const MAX_LOSS = 4096;
