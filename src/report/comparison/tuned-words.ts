/** A quality comparison in words and short texts, for the terminal and the page. */
import { meanOf } from './article-figures.ts';
import { count, counted, fixed, percent } from '../text/numbers.ts';
import type { TunedComparison } from './tuned.ts';
import type { Reach } from './tuned-reach.ts';
import {
  CONFIDENCE,
  intervalBasis,
  pairedDifferences,
  tunedSummary,
  type Interval,
} from './tuned-statistics.ts';
import { BASELINE_TITLES } from '../text/words.ts';

const NONE = '–';

/** Percentage points with two decimals and a sign; a value that shows as 0 has none. */
export function signedPoints(value: number): string {
  const text = fixed(Math.abs(value), 2);
  if (text === '0.00' || Number.isNaN(value)) return text;
  return `${value > 0 ? '+' : '−'}${text}`;
}

/** A drop in percentage points with two decimals; a rise is negative, and one that shows as 0 has no sign. */
export function dropText(points: number): string {
  const text = fixed(Math.abs(points), 2);
  return points < 0 && text !== '0.00' ? `−${text}` : text;
}

/** "+0.52 to +1.10", in percentage points. */
export function intervalText(interval: Interval | undefined): string {
  return interval ? `${signedPoints(interval.low)} to ${signedPoints(interval.high)}` : NONE;
}

/** "95 %" */
export const confidenceText = `${Math.round(100 * CONFIDENCE)}\u00a0%`;

/** What the intervals are taken over, and why. */
export function basisText(comparison: Pick<TunedComparison, 'splits' | 'seeds'>): string {
  const { splits, seeds } = comparison;
  if (intervalBasis(comparison) === 'splits') {
    return (
      `The ${confidenceText} interval is taken over the means of the ${counted(splits.length, 'split')} (Student’s t, ` +
      `${counted(splits.length - 1, 'degree')} of freedom): runs of one split share images and network.`
    );
  }
  if (seeds.length < 2) return 'A single run has no interval: pass more seeds or splits.';
  return (
    `The ${confidenceText} interval is taken over the ${counted(seeds.length, 'seed')} (Student’s t, ` +
    `${counted(seeds.length - 1, 'degree')} of freedom): it tells nothing of other images and networks.`
  );
}

/** "1,234" or "–": the mean over the runs that got there. */
export function evaluationsText({ evaluations }: Reach): string {
  return evaluations === undefined ? NONE : count(Math.round(evaluations));
}

/** "reached in all 6" or "not reached in 2 of 6" */
export function missedText({ missed, runs }: Reach): string {
  return missed === 0 ? `reached in all ${count(runs)}` : `not reached in ${count(missed)} of ${count(runs)}`;
}

/** "6 runs on 3 splits" */
export function runsText({ runs, splits }: Pick<TunedComparison, 'runs' | 'splits'>): string {
  return `${counted(runs.length, 'run')} on ${counted(splits.length, 'split')}`;
}

/** What came out, in one sentence. */
export function tunedHeadline(comparison: TunedComparison): string {
  const { sparsity, drop } = tunedSummary(comparison);
  const size = fixed(Math.abs(drop.mean), 2);
  const change =
    size === '0.00'
      ? 'test accuracy stayed the same'
      : `test accuracy ${drop.mean > 0 ? 'fell' : 'rose'} by ${size} percentage points`;
  const counts = `${comparison.runs.length > 1 ? ', means of' : ';'} ${runsText(comparison)}`;
  return `${percent(sparsity.mean)} of the weights pruned; ${change}${counts}`;
}

/** What was done, in one sentence or two. */
export function tunedSetup(comparison: TunedComparison): string {
  const { splits, seeds, layers } = comparison;
  const sizes = (sizeOf: (split: (typeof splits)[number]) => number) =>
    [...new Set(splits.map(sizeOf))].map(count).join(' or ');
  return (
    `Simulated annealing, preset tuned, searched with ${counted(seeds.length, 'seed')} on ${counted(splits.length, 'split')} of the ` +
    `images. Each search evaluated masks of ${counted(searchedLayers(comparison).length, 'layer')}` +
    `${isPartial(comparison) ? ` of ${count(layers.length)}` : ''} on ${sizes(({ images }) => images.tuning)} images, ` +
    `chose between them by ${sizes(({ images }) => images.validation)} others, and was tested on ` +
    `${sizes(({ images }) => images.test)} that it had not seen.`
  );
}

/** How the search stands to each baseline. */
export function tunedFindings(comparison: TunedComparison): readonly string[] {
  return pairedDifferences(comparison).map(({ baseline, mean, interval }) => {
    const than = `than with ${BASELINE_TITLES[baseline]} at the same number of zeros`;
    const size = fixed(Math.abs(mean), 2);
    const found =
      size === '0.00'
        ? `The same test accuracy as with ${BASELINE_TITLES[baseline]} at the same number of zeros`
        : `A test accuracy ${size} percentage points ${mean > 0 ? 'higher' : 'lower'} ${than}`;
    if (!interval) return `${found}.`;
    const sure = interval.low > 0 || interval.high < 0;
    return `${found} (${confidenceText} interval ${intervalText(interval)}${sure ? '' : ', which includes 0'}).`;
  });
}

/** Names of the layers that the searches pruned; the baselines prune all. */
export function searchedLayers({ layers, parameters }: TunedComparison): readonly string[] {
  const names = String(parameters['layers'] ?? '').split(',');
  return layers.map(({ name }) => name).filter((name) => names.includes(name));
}

/** Whether the searches were limited to some layers, which the baselines were not. */
export function isPartial(comparison: TunedComparison): boolean {
  return searchedLayers(comparison).length < comparison.layers.length;
}

/** Mean unpruned test accuracy over the splits, a fraction. */
export function unprunedAccuracy({ splits }: Pick<TunedComparison, 'splits'>): number {
  return meanOf(splits.map(({ unpruned }) => unpruned.accuracy));
}
