/** The search layer: pure, hardware-agnostic, usable with an evaluator of one's own. */
export * from './contract.ts';
export * from './error.ts';
export {
  countKept,
  fullMask,
  fullMasks,
  isKept,
  maskFromBytes,
  masksEqual,
  maskToBytes,
  sparsityOf,
  type Mask,
  type Masks,
  type Sparsity,
} from './mask.ts';
export { MaskedWeights } from './masked-weights.ts';
export { costOf, maxLossAt, type ObjectiveOptions } from './objective.ts';
export { run, type RunOptions, type RunResult } from './run.ts';
export type { Speculation } from './speculation.ts';
export {
  geneticAlgorithm,
  GENETIC_ALGORITHM_PAPER,
  type GeneticAlgorithmOptions,
  type GeneticAlgorithmState,
} from './genetic-algorithm.ts';
export {
  simulatedAnnealing,
  SIMULATED_ANNEALING_PAPER,
  type SimulatedAnnealingOptions,
  type SimulatedAnnealingState,
} from './simulated-annealing.ts';
