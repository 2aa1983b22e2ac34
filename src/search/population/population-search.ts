/**
 * A population search, preset `tuned` of the genetic algorithm: it breeds masks of all layers at once, a generation for each question, for the
 * sparsest network that meets a goal or, with `pareto`, for the whole front of sparsity and loss. Goals, tuning and validation images are those
 * of tuned annealing.
 */
import type { Problem, Solution } from '../contract.ts';
import { SearchShell, type Snapshot } from '../shell.ts';
import type { TunedSearch } from '../tuned/annealing.ts';
import { frontPoints } from '../tuned/front.ts';
import type { ValidationPoint, ValidationScores } from '../tuned/state.ts';
import { PopulationMethod } from './method.ts';
import { POPULATION_DEFAULTS, type PopulationOptions } from './options.ts';
import { referenceLossOf, type HypervolumeCourse } from './pareto/hypervolume.ts';
import { populationSetup } from './setup.ts';
import type { PopulationState, StoredPopulationState } from './state.ts';

export type PopulationSearchState = Snapshot<StoredPopulationState>;

/**
 * A search over `problem`, with `POPULATION_DEFAULTS` for options that are not given. With a snapshot it continues the run that the snapshot
 * was taken from, bit for bit, if problem and options are the same.
 *
 * Throws 'bad-input' for an option out of range and for a snapshot that does not fit. `tell` throws 'infeasible' if the unpruned network does
 * not meet the goal.
 */
export function populationSearch(
  problem: Problem,
  options: Partial<PopulationOptions> = {},
  snapshot?: PopulationSearchState,
): TunedSearch<PopulationSearchState> {
  const setup = populationSetup(problem, { ...POPULATION_DEFAULTS, ...options });
  return new PopulationSearch(setup.options.pareto ?? false, new PopulationMethod(setup), snapshot);
}

class PopulationSearch
  extends SearchShell<PopulationState, StoredPopulationState>
  implements TunedSearch<PopulationSearchState>
{
  readonly #isPareto: boolean;

  constructor(isPareto: boolean, method: PopulationMethod, snapshot: PopulationSearchState | undefined) {
    super(method, snapshot);
    this.#isPareto = isPareto;
  }

  get front(): readonly Solution[] {
    return this.state ? frontPoints(this.state.front) : [];
  }

  get validationPoints(): readonly ValidationPoint[] {
    return this.state?.validationPoints ?? [];
  }

  get validation(): ValidationScores | undefined {
    return this.state?.validation;
  }

  get hypervolume(): HypervolumeCourse | undefined {
    if (!this.state || !this.#isPareto) return undefined;
    return { referenceLoss: referenceLossOf(this.state.unpruned), points: this.state.hypervolume };
  }
}
