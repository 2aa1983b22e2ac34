/** Short texts of a tuned comparison, for page and terminal. */
import { count, counted, fixed, signed } from '../../text/numbers.ts';
import { NONE } from '../../text/words.ts';
import type { TunedComparison } from '../comparison.ts';
import { CONFIDENCE, type Interval } from '../statistics.ts';
import { intervalBasis } from './differences.ts';
import type { Reach } from './reach.ts';

/** A drop in percentage points with two decimals; a rise is negative, and a drop that shows as 0 has no sign. */
export function dropText(points: number): string {
  return points < 0 ? signed(points) : fixed(points, 2);
}

/** "+0.52 to +1.10", in percentage points. */
export function intervalText(interval: Interval | undefined): string {
  return interval ? `${signed(interval.low)} to ${signed(interval.high)}` : NONE;
}

/** "95 %" */
export const confidenceText = `${Math.round(100 * CONFIDENCE)}\u00a0%`;

/** What the intervals are taken over, and why. */
export function basisText(comparison: Pick<TunedComparison, 'splits' | 'seeds'>): string {
  const { splits, seeds } = comparison;
  const basis = intervalBasis(comparison);
  if (basis === 'seeds' && seeds.length < 2)
    return 'A single run has no interval: pass more seeds or splits.';
  const values = basis === 'splits' ? splits.length : seeds.length;
  const [over, why] =
    basis === 'splits'
      ? [`the means of the ${counted(values, 'split')}`, 'runs on one split share images and network']
      : [`the ${counted(values, 'seed')}`, 'it does not tell how results vary with images and networks'];
  return (
    `The ${confidenceText} interval is taken over ${over} (Student’s t, ` +
    `${counted(values - 1, 'degree')} of freedom): ${why}.`
  );
}

/** "1,234" or "–" */
export function evaluationsText({ evaluations }: Reach): string {
  return evaluations === undefined ? NONE : count(evaluations);
}

/** "reached in all 6" or "not reached in 2 of 6" */
export function missedText({ missed, runs }: Reach): string {
  return missed === 0 ? `reached in all ${count(runs)}` : `not reached in ${count(missed)} of ${count(runs)}`;
}

/** "6 runs on 3 splits" */
export function runsText({ runs, splits }: Pick<TunedComparison, 'runs' | 'splits'>): string {
  return `${counted(runs.length, 'run')} on ${counted(splits.length, 'split')}`;
}

/** " Baselines are repaired on 3,000 calibration images, none of them a test image." or nothing. */
export function calibrationText({ splits }: Pick<TunedComparison, 'splits'>): string {
  const counts = [...new Set(splits.flatMap(({ images }) => images.calibration ?? []))].map(count);
  if (counts.length === 0) return '';
  return ` Baselines measure and repair on ${counts.join(' or ')} calibration images, none of them a test image.`;
}
