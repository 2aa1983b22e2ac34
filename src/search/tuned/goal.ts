/** What a search is to reach. */
import { MasksearchError } from '../../core/error.ts';
import { badOption, checkPositive } from '../../core/options.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import type { Score } from '../contract.ts';

/** One of these at most; an accuracy drop of one point if none is given. All are evaluated on the validation images. */
export interface GoalOptions {
  /** Accuracy that may be lost, in percentage points of the unmasked network's. */
  readonly maxAccuracyDrop?: number | undefined;
  /** Largest mean loss, in nats. */
  readonly maxLoss?: number | undefined;
  /** Share of all weights to prune: met exactly, `round(targetSparsity * weights)`. */
  readonly targetSparsity?: number | undefined;
}

export const DEFAULT_ACCURACY_DROP = 1;

export interface Goal {
  /** Number of zeros to end with; undefined where as many as possible are wanted. */
  readonly zeros: number | undefined;
  /** Whether a state may be chosen, whatever its loss; both are on the validation images. */
  mayChoose(state: Score, unpruned: Score): boolean;
  /** Nats by which the loss on the validation images may rise; Infinity where it is to be as low as possible. */
  lossRoom(tuning: Score, validation: Score): number;
}

/** Growth of the loss for each growth of the errors: see docs/search.md. */
const LOSS_GROWTH = 1.25;

/** Percentage points beyond what is allowed that may be chance: a standard error or two on some hundred images. */
const TOLERATED_POINTS = 1;

/** Errors, and loss in nats, that the unmasked network is taken to have at least, so that a perfect one still has maxPrunable. */
const MIN_ERROR = 1 / 1000;

/** Throws 'bad-input' for options out of range or more than one goal. */
export function goalOf({ maxAccuracyDrop, maxLoss, targetSparsity }: GoalOptions, weights: number): Goal {
  const given = Object.entries({ maxAccuracyDrop, maxLoss, targetSparsity }).filter(
    ([, v]) => v !== undefined,
  );
  if (given.length > 1) {
    const [first, second] = given.map(([name]) => name) as [string, string];
    throw new MasksearchError(
      'bad-input',
      phrase`${optionName(first)} and ${optionName(second)} are both given, but a search has one goal`,
      'leave one of them out',
      { option: first },
    );
  }
  if (targetSparsity !== undefined) return targetGoal(targetSparsity, weights);
  if (maxLoss !== undefined) return lossGoal(maxLoss);
  return accuracyGoal(maxAccuracyDrop ?? DEFAULT_ACCURACY_DROP);
}

function targetGoal(targetSparsity: number, weights: number): Goal {
  if (!(targetSparsity > 0 && targetSparsity < 1)) {
    throw badOption('targetSparsity', targetSparsity, 'above 0 and below 1', 'pass a fraction such as 0.8');
  }
  return {
    zeros: Math.round(targetSparsity * weights),
    mayChoose: () => true,
    lossRoom: () => Infinity,
  };
}

function lossGoal(maxLoss: number): Goal {
  checkPositive('maxLoss', maxLoss, 0.15);
  return {
    zeros: undefined,
    mayChoose: () => true,
    lossRoom(_, validation) {
      if (validation.loss < maxLoss) return maxLoss - validation.loss;
      throw new MasksearchError(
        'infeasible',
        phrase`${optionName('maxLoss')} is ${maxLoss}, but the unmasked network has a loss of ${validation.loss} on the validation images`,
        phrase`pass a larger ${optionName('maxLoss')}`,
        { option: 'maxLoss', value: maxLoss },
      );
    },
  };
}

/**
 * Accuracy on a few hundred images comes in coarse steps, so the drop is put as a loss: errors are taken to grow with it. A pruned
 * network is less sure of what it gets right, too, so its loss grows somewhat faster.
 */
function accuracyGoal(points: number): Goal {
  if (!(points > 0 && points <= 100)) {
    throw badOption(
      'maxAccuracyDrop',
      points,
      'above 0 and at most 100 percentage points',
      'pass one such as 1',
    );
  }
  return {
    zeros: undefined,
    mayChoose: (state, unpruned) => 100 * (unpruned.accuracy - state.accuracy) <= points + TOLERATED_POINTS,
    lossRoom: ({ loss, accuracy }) =>
      (LOSS_GROWTH * Math.max(loss, MIN_ERROR) * (points / 100)) / Math.max(1 - accuracy, MIN_ERROR),
  };
}
