import { costOf } from './objective.ts';

/**
 * The loss, in nats, above which a proposal is certainly rejected: an evaluator may then stop. -Infinity if it is
 * rejected whatever its loss, undefined if no loss is too high (even the penalty would be accepted).
 *
 * Only what the cost expression itself rejects in float64 is cut, so the limit changes no decision: the cost does not
 * fall while the loss rises from `unprunedLoss` on, so what is rejected at the limit is rejected above it.
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
  // Nothing costs less than the unpruned's own loss; the cap is left out, since above it all is rejected anyway.
  if (!isAccepted(unprunedLoss, Infinity)) return -Infinity;
  const room = threshold - costOf(unprunedLoss, sparsity, unprunedLoss, Infinity, maxLossPenalty);
  let limit = unprunedLoss + Math.sqrt(Math.max(room, 0));
  // Rounding may have left it a few units too low: outward until it is rejected.
  const least = Math.max(Number.EPSILON * limit, Number.MIN_VALUE);
  for (let step = least; limit < maxLoss && isAccepted(limit, Infinity); step *= 2) {
    limit += step;
  }
  return Math.min(limit, maxLoss);
}
