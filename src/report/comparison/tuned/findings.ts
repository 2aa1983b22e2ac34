/** What a tuned comparison found, in sentences computed from its figures. */
import { count, counted, percent } from '../../text/numbers.ts';
import { BASELINE_TITLES } from '../../text/words.ts';
import type { TunedComparison } from '../comparison.ts';
import { isPartial, searchedLayers } from '../figures.ts';
import { pointsText } from '../words.ts';
import { pairedDifferences, tunedSummary } from './differences.ts';
import { confidenceText, intervalText, runsText } from './words.ts';

/** The result in one sentence. */
export function tunedHeadline(comparison: TunedComparison): string {
  const { sparsity, drop } = tunedSummary(comparison);
  const size = pointsText(drop.mean);
  const change =
    size === undefined
      ? 'test accuracy stayed the same'
      : `test accuracy ${drop.mean > 0 ? 'fell' : 'rose'} by ${size}`;
  const counts = `${comparison.runs.length > 1 ? ', means of' : ';'} ${runsText(comparison)}`;
  return `${percent(sparsity.mean)} of the weights pruned; ${change}${counts}`;
}

/** What was done. */
export function tunedSetup(comparison: TunedComparison): string {
  const { splits, seeds, layers } = comparison;
  const counts = (kind: keyof (typeof splits)[number]['images']) =>
    [...new Set(splits.map(({ images }) => images[kind]))].map(count).join(' or ');
  const of = isPartial(comparison) ? ` of ${count(layers.length)}` : '';
  return (
    `Simulated annealing, preset tuned, searched with ${counted(seeds.length, 'seed')} on ${counted(splits.length, 'split')} of the ` +
    `images. Each search evaluated masks of ${counted(searchedLayers(comparison).length, 'layer')}${of} on ` +
    `${counts('tuning')} tuning images, chose between them by ${counts('validation')} validation images, and was tested on ` +
    `${counts('test')} test images that it had not seen.`
  );
}

/** How the search compares with each baseline. */
export function tunedFindings(comparison: TunedComparison): readonly string[] {
  return pairedDifferences(comparison).map(({ baseline, mean, interval }) => {
    const size = pointsText(mean);
    const found =
      size === undefined
        ? 'The same test accuracy as'
        : `A test accuracy ${size} ${mean > 0 ? 'higher' : 'lower'} than`;
    const sentence = `${found} with ${BASELINE_TITLES[baseline]} at the same number of zeros`;
    if (!interval) return `${sentence}.`;
    const excludes0 = interval.low > 0 || interval.high < 0;
    return `${sentence} (${confidenceText} interval ${intervalText(interval)}${excludes0 ? '' : ', which includes 0'}).`;
  });
}
