/** The article's objective. */

export interface ObjectiveOptions {
  /** Largest loss allowed in the last layer, in nats; earlier layers get a share of it by their position. */
  readonly lossToWarmup: number;
  /** What a loss of the cap or above costs instead of its squared difference. */
  readonly maxLossPenalty: number;
}

/** The cap on the loss while the layer at `position` of `depth` layers is searched. */
export function maxLossAt(lossToWarmup: number, position: number, depth: number): number {
  return (lossToWarmup * (position + 1)) / depth;
}

/**
 * Lower is better: `(unprunedLoss - loss)^2`, or the penalty from the cap on, plus `1 / (sparsity + 1e-8)`.
 *
 * @param loss mean loss of the masked network, in nats
 * @param sparsity mean over prunable layers of the fraction of zeros
 */
export function costOf(
  loss: number,
  sparsity: number,
  unprunedLoss: number,
  maxLoss: number,
  maxLossPenalty: number,
): number {
  const difference = unprunedLoss - loss;
  return loss < maxLoss
    ? difference * difference + 1 / (sparsity + 1e-8)
    : penalisedCost(sparsity, maxLossPenalty);
}

/** What a loss of the cap or above costs, whatever it is. */
export function penalisedCost(sparsity: number, maxLossPenalty: number): number {
  return maxLossPenalty + 1 / (sparsity + 1e-8);
}
