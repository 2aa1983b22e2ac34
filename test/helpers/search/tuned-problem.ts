/** A problem for tuned annealing, and losses on it. */
import {
  additiveLoss,
  interactingLoss,
  problemOfShapes,
  sizesOf,
  type LossFunctions,
} from './synthetic-evaluator.ts';

export const problem = problemOfShapes([
  [4, 10],
  [6, 20],
  [10, 30],
]);
export const WEIGHTS = 460;

/** Weights that each layer keeps at least: one for each output. */
export const MIN_KEPT = [4, 6, 10];

export const interacting: LossFunctions = {
  tuning: interactingLoss(problem, 0.1, 0.5),
  validation: interactingLoss(problem, 0.12, 0.5, 'validation'),
};

export const additive: LossFunctions = {
  tuning: additiveLoss(problem, 0.1, 0.8),
  validation: additiveLoss(problem, 0.13, 0.9),
};

/** Pruning hardly pays. */
export const steep: LossFunctions = {
  tuning: additiveLoss(problem, 0.1, 50),
  validation: additiveLoss(problem, 0.1, 60),
};

/** Pruning costs next to nothing. */
export const flat: LossFunctions = {
  tuning: additiveLoss(problem, 0.1, 0.001),
  validation: additiveLoss(problem, 0.1, 0.001),
};

/** Known importance that is right about few weights. */
export const known = sizesOf(problem).map((size) =>
  Float32Array.from({ length: size }, (_, i) => (i * 7919) % 101),
);
