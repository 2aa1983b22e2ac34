/** Converts the search's mean losses to the backends' integer sums of losses and back. */
import { MAX_LOSS, LOSS_UNITS, type LossSum } from '../../kernels/loss-sum.ts';
import type { Evaluation } from '../../search/contract.ts';

/**
 * The largest sum of losses, in `LOSS_UNITS`, whose mean over `images` images is not above `lossLimit`. Losses are
 * never negative, so a partial sum above it proves that the loss is above the limit. -1 if every sum is above it,
 * Infinity if none is.
 */
export function sumLimit(lossLimit: number | undefined, images: number): number {
  if (lossLimit === undefined || lossLimit >= MAX_LOSS) return Infinity;
  if (!(lossLimit >= 0)) return -1;
  let units = Math.floor(lossLimit * LOSS_UNITS * images);
  // Rounded like the mean in `toEvaluation`; the product above may be one unit off.
  while (meanLoss(units, images) > lossLimit) units--;
  while (meanLoss(units + 1, images) <= lossLimit) units++;
  return units;
}

/**
 * The evaluation for the search. A loss above the limit becomes `exceeded`, without a number.
 *
 * @param predictions of each image that may be correct; 0 for a network without accuracy
 */
export function toEvaluation(
  sum: LossSum,
  images: number,
  lossLimit: number | undefined,
  predictions = 1,
): Evaluation {
  const loss = meanLoss(sum.units, images);
  if (lossLimit !== undefined && loss > lossLimit) return { exceeded: true };
  return {
    exceeded: false,
    loss,
    ...(predictions > 0 && { accuracy: sum.correct / (images * predictions) }),
  };
}

/** Per image. */
function meanLoss(units: number, images: number): number {
  return units / LOSS_UNITS / images;
}
