/** The search layer: pure, hardware-agnostic, usable with an evaluator of one's own. */
export * from './contract.ts';
export * from '../core/error.ts';
export {
  countKept,
  countPruned,
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
} from '../core/mask.ts';
export { MaskedWeights } from './article/masked-weights.ts';
export { costOf, maxLossAt, type ObjectiveOptions } from './article/objective.ts';
export { run, type RunOptions, type RunResult } from './run.ts';
export { withValidation } from './validation.ts';
export type { Speculation } from './speculation.ts';
export { geneticAlgorithm, type GeneticAlgorithmState } from './article/genetic-algorithm.ts';
export { GENETIC_ALGORITHM_PAPER, type GeneticAlgorithmOptions } from './article/genetic-options.ts';
export {
  simulatedAnnealing,
  SIMULATED_ANNEALING_PAPER,
  type SimulatedAnnealingOptions,
  type SimulatedAnnealingState,
} from './article/simulated-annealing.ts';
export { tunedAnnealing, type TunedAnnealingState, type TunedSearch } from './tuned/annealing.ts';
export { Front } from './tuned/front.ts';
export { DEFAULT_ACCURACY_DROP, type GoalOptions } from './tuned/goal.ts';
export { changed, MOVES, type Move, type MoveContext } from './tuned/moves/moves.ts';
export { keptWeights, type Objective, type ObjectiveState } from './tuned/objective.ts';
export type { LayerLimits, PerLayer } from './limits.ts';
export { TUNED_DEFAULTS, type Importance, type TunedAnnealingOptions } from './tuned/options.ts';
export { populationSearch, type PopulationSearchState } from './population/population-search.ts';
export { POPULATION_DEFAULTS, type PopulationOptions } from './population/options.ts';
export {
  hypervolume,
  referenceLossOf,
  type HypervolumeCourse,
  type HypervolumePoint,
} from './population/pareto/hypervolume.ts';
export type { Ranking } from './tuned/moves/ranking.ts';
export type { ValidationPoint } from './tuned/state.ts';
