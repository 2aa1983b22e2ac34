/** How many weights each move changes in each layer: more after success, fewer after failure. */

/** By layer, then by move; fractions of a weight count. */
export type StepSizes = readonly (readonly number[])[];

const FIRST_SHARE = 0.02;
const MAX_SHARE = 0.25;
const GROWTH = 1.5;
const SHRINKAGE = 0.75;

/** @param weights number of weights of each layer */
export function initialStepSizes(weights: readonly number[], moves: number): StepSizes {
  return weights.map((count) => Array.from({ length: moves }, () => Math.max(1, count * FIRST_SHARE)));
}

export function stepSizesAfter(
  stepSizes: StepSizes,
  layer: number,
  move: number,
  accepted: boolean,
  weights: readonly number[],
): StepSizes {
  const size = stepSizes[layer]![move]! * (accepted ? GROWTH : SHRINKAGE);
  const bounded = Math.max(1, Math.min(size, weights[layer]! * MAX_SHARE));
  return stepSizes.with(layer, stepSizes[layer]!.with(move, bounded));
}
