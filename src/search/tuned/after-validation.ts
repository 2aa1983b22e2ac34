/** What a validation makes of a search toward a goal, whatever proposes its states. */
import { countPruned } from '../../core/mask.ts';
import type { Problem, Score, Solution } from '../contract.ts';
import { extendDigest } from '../digest.ts';
import type { Goal } from './goal.ts';
import type { Objective } from './objective.ts';
import type { ValidationPoint, ValidationScores } from './state.ts';
import type { Tradeoff, TradeoffController, UnprunedScores } from './tradeoff-controller.ts';

/** The part of a state that validations change. */
export interface Validations {
  readonly evaluations: number;
  readonly digest: string;
  readonly tradeoff: Tradeoff;
  readonly best: Solution;
  readonly validation: ValidationScores;
  readonly validationPoints: readonly ValidationPoint[];
  readonly improvedAt: number;
}

interface Validated extends Validations {
  readonly unpruned: Solution;
}

interface Setup {
  readonly problem: Problem;
  readonly goal: Goal;
  readonly tradeoffs: TradeoffController;
  readonly options: { readonly objective: Objective };
}

/** A solution with its validation score may be the best so far, and what a weight may cost follows from that score. */
export function afterValidation(
  setup: Setup,
  state: Validated,
  solution: Solution,
  score: Score,
): Validations {
  const { problem, goal, tradeoffs } = setup;
  const { validation, validationPoints, best, improvedAt } = state;
  const evaluations = state.evaluations + 1;
  const tradeoff = tradeoffs.validate(state.tradeoff, unprunedScores(state), score);
  const point = {
    evaluations,
    sparsity: solution.sparsity.global,
    tuning: { loss: solution.loss, accuracy: solution.accuracy },
    validation: score,
  };
  const isBest =
    tradeoff.budgetUsed <= 1 &&
    goal.mayChoose(score, validation.unpruned) &&
    isBetter(setup, state, solution, score);
  return {
    evaluations,
    tradeoff,
    validationPoints: [...validationPoints, point],
    digest: extendDigest(state.digest, problem.depth, evaluations, { masks: [], ...score }),
    best: isBest ? solution : best,
    validation: isBest ? { unpruned: validation.unpruned, best: score } : validation,
    improvedAt: isBest ? evaluations : improvedAt,
  };
}

/** Whether a solution, with this validation score, is better than the best so far. */
function isBetter(
  { goal, options }: Setup,
  { best, unpruned, validation, tradeoff }: Validated,
  solution: Solution,
  score: Score,
): boolean {
  if (goal.zeros !== undefined) {
    const [before, now] = [countPruned(best.masks), countPruned(solution.masks)];
    return now > before || (now === before && score.loss < validation.best.loss);
  }
  // At equal loss.
  const { loss } = unpruned;
  const { lossPerWeight } = tradeoff;
  const sizeOf = ({ sparsity }: Solution) => options.objective({ loss, sparsity, lossPerWeight });
  return sizeOf(solution) < sizeOf(best);
}

export function unprunedScores({
  unpruned,
  validation,
}: Pick<Validated, 'unpruned' | 'validation'>): UnprunedScores {
  return { tuning: unpruned, validation: validation.unpruned };
}
