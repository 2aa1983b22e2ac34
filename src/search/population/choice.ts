/** Which individuals are the best ones, as far as is known, and are worth a validation. */
import { countPruned } from '../../core/mask.ts';
import type { Solution } from '../contract.ts';
import { frontPoints } from '../tuned/front.ts';
import { areEqual } from './breeder.ts';
import type { PopulationSetup } from './setup.ts';
import type { PopulationState } from './state.ts';

/** Share of the loss budget beyond it that a finalist's expected loss may be. */
const TOLERANCE = 0.15;

/** Loss on the tuning images that a solution may have, if it differs from the validation loss as that of the solution validated last. */
export function affordableLoss(
  {
    validation,
    validationPoints,
    unpruned,
  }: Pick<PopulationState, 'validation' | 'validationPoints' | 'unpruned'>,
  budget: number,
): number {
  const last = validationPoints.at(-1) ?? { tuning: unpruned, validation: validation.unpruned };
  return last.tuning.loss + validation.unpruned.loss + budget - last.validation.loss;
}

export type LeaderContext = Pick<PopulationState, 'validation' | 'validationPoints' | 'unpruned'>;

/**
 * The best individual of a population that has its best first: that first one or, in a Pareto search, the sparsest of those that are expected
 * to meet the goal, or that of the lowest loss if none is.
 */
export function leaderOf(
  population: readonly Solution[],
  context: LeaderContext,
  { options, goal }: PopulationSetup,
): Solution {
  if (!options.pareto) return population[0]!;
  const { unpruned, validation } = context;
  const limit = affordableLoss(context, goal.lossBudget(unpruned, validation.unpruned));
  const affordable = population.filter(({ loss }) => loss <= limit);
  if (affordable.length === 0) return population.reduce((a, b) => (b.loss < a.loss ? b : a));
  return affordable.reduce((a, b) => {
    const more = countPruned(b.masks) - countPruned(a.masks);
    return more > 0 || (more === 0 && b.loss < a.loss) ? b : a;
  });
}

/** What to validate at the end, the most promising first: at most `count`, and the leader unless that is validated. */
export function finalistsOf(
  state: PopulationState,
  leader: Solution,
  setup: PopulationSetup,
  count: number,
): readonly Solution[] {
  const { population, front, best, isValidated, unpruned, validation } = state;
  const { goal } = setup;
  const others =
    goal.zeros === undefined
      ? sparserThan(
          best,
          frontPoints(front),
          affordableLoss(state, (1 + TOLERANCE) * goal.lossBudget(unpruned, validation.unpruned)),
        )
      : population.filter(({ masks }) => countPruned(masks) === goal.zeros);
  const chosen = [
    ...(isValidated ? [] : [leader]),
    ...others.filter(({ masks }) => !areEqual(masks, leader.masks)),
  ];
  return chosen.slice(0, count);
}

/** Those that are sparser than the best so far and expected to be affordable, the sparsest first. */
function sparserThan(best: Solution, points: readonly Solution[], limit: number): readonly Solution[] {
  return points
    .filter(({ loss, sparsity }) => loss <= limit && sparsity.global > best.sparsity.global)
    .toReversed();
}
