/** States as the validation images judge them. */
import { countPruned } from '../../core/mask.ts';
import type { Score } from '../../search/contract.ts';
import type { DropTolerance } from '../../search/tuned/goal.ts';
import type { RepairedSolution } from './contract.ts';

/** A repaired network is as sure as the unpruned one where it is right: its loss grows with its errors, no faster. */
const LOSS_GROWTH = 1;
/** Standard errors of a difference of two accuracies that the drop must stay below the goal by, since the sparsest of many states is chosen. */
const MARGIN_ERRORS = 0.4;
/** The margin takes no more of the goal. */
const MAX_MARGIN = 0.5;

export interface Judged {
  readonly solution: RepairedSolution;
  readonly validation: Score;
  /** Whether it meets the goal on the validation images. */
  readonly isWithin: boolean;
}

/** Whether a state is sparser than another one, or as sparse and better. */
export function isBetter(a: Judged, b: Judged): boolean {
  const [zeros, others] = [countPruned(a.solution.masks), countPruned(b.solution.masks)];
  return zeros > others || (zeros === others && a.validation.loss < b.validation.loss);
}

/** How a drop of the accuracy is judged by so many validation images. */
export function toleranceOn(images: number): DropTolerance {
  return {
    lossGrowth: LOSS_GROWTH,
    allowedPoints(points, { accuracy: after = 0 }, { accuracy: before = 0 }) {
      const standardError = 100 * Math.sqrt((2 - before - after) / images);
      return points - Math.min(MARGIN_ERRORS * standardError, MAX_MARGIN * points);
    },
  };
}
