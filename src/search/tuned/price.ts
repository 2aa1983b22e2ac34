/** What a weight may cost in loss: nats per unit of the objective's size. Steered by what the selection images say. */

/** Of the loss that a search may add in all: at first, a whole network's worth of weights may cost so many times that. */
const FIRST_FACTOR = 30;

/** Factor of one check on the selection images, and how far the load must be from where it should be. */
const STEP = 1.05;
const TOLERANCE = 0.1;

/** Where a number of zeros is asked for: factor of one check with too few, and the share of the budget to reach it in. */
const CHASE = 1.5;
const CHASE_SHARE = 0.4;

/** @param lossRoom nats by which the loss may rise; Infinity where it is to be as low as possible */
export function firstPrice(lossRoom: number, baselineLoss: number): number {
  return lossRoom === Infinity ? Math.max(baselineLoss, Number.EPSILON) : FIRST_FACTOR * lossRoom;
}

/** How much of what is allowed may be used up at this share of the budget: most of it soon, all of it in the end. */
export function loadAt(share: number): number {
  return Math.sqrt(Math.min(1, share));
}

/** The price after a check. `excess`: by how much the load is above where it should be. */
export function priceForLoad(price: number, excess: number): number {
  if (excess > TOLERANCE) return price / STEP;
  return excess < -TOLERANCE ? price * STEP : price;
}

/** The price after a check, where `wanted` zeros are to be reached. */
export function priceForZeros(price: number, zeros: number, wanted: number, share: number): number {
  return zeros < wanted * Math.min(1, share / CHASE_SHARE) ? price * CHASE : price;
}
