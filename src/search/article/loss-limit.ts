import { costOf } from './objective.ts';

/**
 * The loss, in nats, above which a proposal is certainly rejected, so that evaluation may stop. -Infinity if the proposal is
 * rejected whatever its loss, undefined if no loss is too high: even the penalty would be accepted.
 *
 * The limit changes no decision. It is a loss that the cost expression itself rejects in float64, and from `unprunedLoss` on
 * the cost does not fall while the loss rises, so every higher loss is rejected too.
 *
 * @param threshold the highest cost that is accepted
 * @param sparsity mean over prunable layers of the fraction of zeros
 * @param maxLoss the layer's cap; a loss of it or more costs `maxLossPenalty`
 */
export function lossLimitFor(
  threshold: number,
  sparsity: number,
  unprunedLoss: number,
  maxLoss: number,
  maxLossPenalty: number,
): number | undefined {
  const isAccepted = (loss: number, cap: number) =>
    costOf(loss, sparsity, unprunedLoss, cap, maxLossPenalty) <= threshold;
  if (isAccepted(maxLoss, maxLoss)) return undefined;
  // No loss costs less than the unpruned network's. The cap is left out: above it everything is rejected anyway.
  if (!isAccepted(unprunedLoss, Infinity)) return -Infinity;
  const room = threshold - costOf(unprunedLoss, sparsity, unprunedLoss, Infinity, maxLossPenalty);
  let limit = unprunedLoss + Math.sqrt(Math.max(room, 0));
  // Rounding may have made it a few units too low: it is raised until it is rejected.
  const least = Math.max(Number.EPSILON * limit, Number.MIN_VALUE);
  for (let step = least; limit < maxLoss && isAccepted(limit, Infinity); step *= 2) {
    limit += step;
  }
  return Math.min(limit, maxLoss);
}
