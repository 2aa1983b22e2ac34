import { checkCount } from '../../core/options.ts';
import { MAX_POPULATION } from '../article/genetic-options.ts';
import { TUNED_DEFAULTS, type TunedAnnealingOptions } from '../tuned/options.ts';

/** Those of tuned annealing; `moves` are the mutations. */
export interface PopulationOptions extends TunedAnnealingOptions {
  /** Individuals that are bred in a generation, and evaluated at once. */
  readonly populationSize: number;
  /** Whether to search the whole front of sparsity and loss (NSGA-II), not only its part that the goal asks for. */
  readonly pareto?: boolean | undefined;
}

export const POPULATION_DEFAULTS: PopulationOptions = { ...TUNED_DEFAULTS, populationSize: 64 };

/** Fewest generations that a search of known length has: shorter searches have smaller ones. */
const MIN_GENERATIONS = 16;

/** Throws 'bad-input' for an option out of range, but for those of `TunedAnnealingOptions`. */
export function checkPopulationOptions({ populationSize }: PopulationOptions): void {
  checkCount('populationSize', populationSize, { least: 2, most: MAX_POPULATION, example: 64 });
}

/** Individuals of a generation: fewer than asked for in a search that is too short for them. */
export function generationSize({
  populationSize,
  evaluations,
}: Pick<PopulationOptions, 'populationSize' | 'evaluations'>): number {
  const affordable = Math.floor(evaluations / MIN_GENERATIONS);
  return Math.max(2, Math.min(populationSize, affordable));
}
