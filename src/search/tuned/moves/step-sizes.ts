/** How many weights each move changes in each layer: more after an accepted proposal, fewer after a rejected one. */
import { finiteNumber, tupleOf, type Codec } from '../../../core/codec.ts';

/** By layer, then by move. Fractions of a weight add up over several proposals. */
export type StepSizes = readonly (readonly number[])[];

/** The first and the largest step size, as shares of a layer's weights. */
const FIRST_SHARE = 0.02;
const MAX_SHARE = 0.25;

const GROWTH = 1.5;
const SHRINKAGE = 0.75;

/** @param weights number of weights of each layer */
export function initialStepSizes(weights: readonly number[], moves: number): StepSizes {
  return weights.map((count) => Array.from({ length: moves }, () => Math.max(1, count * FIRST_SHARE)));
}

/** `stepSizes` after a proposal of `move` in `layer`. */
export function stepSizesAfter(
  stepSizes: StepSizes,
  layer: number,
  move: number,
  accepted: boolean,
  weights: readonly number[],
): StepSizes {
  return resized(stepSizes, layer, move, accepted ? GROWTH : SHRINKAGE, weights);
}

/** `stepSizes` with that of `move` in `layer` times `factor`, within its bounds. */
export function resized(
  stepSizes: StepSizes,
  layer: number,
  move: number,
  factor: number,
  weights: readonly number[],
): StepSizes {
  const size = stepSizes[layer]![move]! * factor;
  const bounded = Math.max(1, Math.min(size, weights[layer]! * MAX_SHARE));
  return stepSizes.with(layer, stepSizes[layer]!.with(move, bounded));
}

export function stepSizesCodec(weights: readonly number[], moves: number): Codec<StepSizes> {
  return tupleOf(
    weights.map((count) => {
      const size = finiteNumber(1, Math.max(1, count * MAX_SHARE));
      return tupleOf(Array.from({ length: moves }, () => size));
    }),
  );
}
