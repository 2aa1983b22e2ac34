/** The article's objective. */

export interface ObjectiveOptions {
  /** Cap on the loss, in nats, while the last layer is searched. Earlier layers get a share of it by their position. */
  readonly lossToWarmup: number;
  /** Cost of a loss at or above the cap, in place of the squared difference. */
  readonly maxLossPenalty: number;
}

/** The cap on the loss, in nats, while the layer at `position` of `depth` layers is searched. */
export function maxLossAt(lossToWarmup: number, position: number, depth: number): number {
  return (lossToWarmup * (position + 1)) / depth;
}

/**
 * The cost, lower is better: `(unprunedLoss - loss)^2 + 1 / (sparsity + 1e-8)`, with the penalty in place of the square if
 * the loss is not below the cap.
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

/** The cost of any loss at or above the cap. */
export function penalisedCost(sparsity: number, maxLossPenalty: number): number {
  return maxLossPenalty + 1 / (sparsity + 1e-8);
}
