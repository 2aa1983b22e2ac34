/** What a search is to reach. */
import { MasksearchError } from '../../core/error.ts';
import { badOption, checkPositive } from '../../core/options.ts';
import { optionName, phrase } from '../../core/phrase.ts';
import type { Score } from '../contract.ts';

/**
 * At most one of these. If none is given, a `maxAccuracyDrop` of 1 or, for a network without accuracy, a `maxLossRise` of 5. All are
 * measured on the validation images.
 */
export interface GoalOptions {
  /** Accuracy that may be lost, in percentage points below the unpruned network's. */
  readonly maxAccuracyDrop?: number | undefined;
  /** Percent by which the mean loss may rise above the unpruned network's. */
  readonly maxLossRise?: number | undefined;
  /** Largest mean loss, in nats. */
  readonly maxLoss?: number | undefined;
  /** Fraction of all weights to prune. It is met exactly: `round(targetSparsity * weights)` zeros. */
  readonly targetSparsity?: number | undefined;
}

/** In percentage points. */
export const DEFAULT_ACCURACY_DROP = 1;

/** In percent. */
export const DEFAULT_LOSS_RISE = 5;

export interface Goal {
  /** Number of zeros to end with; undefined for as many as the loss allows. */
  readonly zeros: number | undefined;
  /** Loss on the validation images, in nats, that the unpruned network must stay below; Infinity if any will do. */
  readonly maxUnprunedLoss: number;
  /** Whether a solution may be chosen, as far as its accuracy on the validation images goes. */
  mayChoose(validation: Score, unpruned: Score): boolean;
  /**
   * Nats by which the loss on the validation images may rise, above 0; Infinity if it is only to be as low as possible.
   * Throws 'infeasible' if the unpruned network does not stay below `maxUnprunedLoss`.
   *
   * @param tuning the unpruned network on the tuning images
   * @param validation the unpruned network on the validation images
   */
  lossBudget(tuning: Score, validation: Score): number;
}

/** Growth of the loss relative to the growth of the errors: see docs/frozen.md. */
const LOSS_GROWTH = 1.25;

/** Percentage points beyond the allowed drop that may be chance: a standard error or two on some hundred images. */
const TOLERATED_POINTS = 1;

/** Least error rate, and least loss in nats, that the unpruned network is taken to have, so that a perfect one can be pruned. */
const MIN_ERROR = 1 / 1000;

/** Least loss that a rise is measured from: losses are multiples of 2^-20, and a rise of less would never be allowed. */
const MIN_LOSS = 2 ** -16;

/** How a drop of the accuracy is judged by few images. */
export interface DropTolerance {
  /** Growth of the loss relative to the growth of the errors. */
  readonly lossGrowth: number;
  /** Percentage points that the accuracy on the validation images may drop by, where `points` are allowed. */
  readonly allowedPoints: (points: number, validation: Score, unpruned: Score) => number;
}

const FROZEN_TOLERANCE: DropTolerance = {
  lossGrowth: LOSS_GROWTH,
  allowedPoints: (points) => points + TOLERATED_POINTS,
};

/** Throws 'bad-input' for an option out of range and for more than one goal. `weights` is the number of all weights. */
export function goalOf(options: GoalOptions, weights: number, tolerance = FROZEN_TOLERANCE): Goal {
  const { maxAccuracyDrop, maxLossRise, maxLoss, targetSparsity } = options;
  const given = Object.entries({ maxAccuracyDrop, maxLossRise, maxLoss, targetSparsity }).filter(
    ([, value]) => value !== undefined,
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
  if (maxLossRise !== undefined) return riseGoal(maxLossRise);
  return maxAccuracyDrop === undefined ? defaultGoal(tolerance) : accuracyGoal(maxAccuracyDrop, tolerance);
}

function targetGoal(targetSparsity: number, weights: number): Goal {
  if (!(targetSparsity > 0 && targetSparsity < 1)) {
    throw badOption('targetSparsity', targetSparsity, 'above 0 and below 1', 'pass a fraction such as 0.8');
  }
  return {
    zeros: Math.round(targetSparsity * weights),
    maxUnprunedLoss: Infinity,
    mayChoose: () => true,
    lossBudget: () => Infinity,
  };
}

function riseGoal(percent: number): Goal {
  checkPositive('maxLossRise', percent, DEFAULT_LOSS_RISE);
  return {
    zeros: undefined,
    maxUnprunedLoss: Infinity,
    mayChoose: () => true,
    lossBudget: (_, validation) => (percent / 100) * Math.max(validation.loss, MIN_LOSS),
  };
}

function lossGoal(maxLoss: number): Goal {
  checkPositive('maxLoss', maxLoss, 0.15);
  return {
    zeros: undefined,
    maxUnprunedLoss: maxLoss,
    mayChoose: () => true,
    lossBudget(_, validation) {
      if (validation.loss < maxLoss) return maxLoss - validation.loss;
      throw new MasksearchError(
        'infeasible',
        phrase`${optionName('maxLoss')} is ${maxLoss}, but the unpruned network has a loss of ${validation.loss} on the validation images`,
        phrase`pass a larger ${optionName('maxLoss')}`,
        { option: 'maxLoss', value: maxLoss },
      );
    },
  };
}

/**
 * Accuracy on a few hundred images changes in coarse steps, so the drop is turned into a rise of the loss: errors are taken
 * to grow in proportion to it. A pruned network is also less sure where it is right, so its loss grows somewhat faster.
 */
function accuracyGoal(points: number, { lossGrowth, allowedPoints }: DropTolerance): Goal {
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
    maxUnprunedLoss: Infinity,
    mayChoose: (validation, unpruned) =>
      100 * (accuracyOf(unpruned) - accuracyOf(validation)) <= allowedPoints(points, validation, unpruned),
    lossBudget: (tuning) =>
      (lossGrowth * Math.max(tuning.loss, MIN_ERROR) * (points / 100)) /
      Math.max(1 - accuracyOf(tuning), MIN_ERROR),
  };
}

function accuracyOf({ accuracy }: Score): number {
  if (accuracy !== undefined) return accuracy;
  throw new MasksearchError(
    'bad-input',
    phrase`${optionName('maxAccuracyDrop')} has no effect on a network without accuracy`,
    phrase`use ${optionName('maxLossRise')}`,
    { option: 'maxAccuracyDrop' },
  );
}

/** What the network has decides: its accuracy or, without one, its loss. */
function defaultGoal(tolerance: DropTolerance): Goal {
  const [drop, rise] = [accuracyGoal(DEFAULT_ACCURACY_DROP, tolerance), riseGoal(DEFAULT_LOSS_RISE)];
  const goalFor = ({ accuracy }: Score) => (accuracy === undefined ? rise : drop);
  return {
    zeros: undefined,
    maxUnprunedLoss: Infinity,
    mayChoose: (validation, unpruned) => goalFor(unpruned).mayChoose(validation, unpruned),
    lossBudget: (tuning, validation) => goalFor(tuning).lossBudget(tuning, validation),
  };
}
