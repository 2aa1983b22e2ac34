/** What a tuned comparison found, in sentences computed from its figures. */
import { count, counted, percent } from '../../text/numbers.ts';
import { BASELINE_TITLES, capitalised, REPAIR_NAMES, REPAIR_TITLES, repairOf } from '../../text/words.ts';
import type { TunedComparison } from '../comparison.ts';
import { isPartial, searchedLayers } from '../figures.ts';
import { pointsText } from '../words.ts';
import { pairedDifferences, tunedSummary } from './differences.ts';
import { calibrationText, confidenceText, intervalText, runsText } from './words.ts';

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
  const counts = (kind: 'tuning' | 'validation' | 'test') =>
    [...new Set(splits.map(({ images }) => images[kind]))].map(count).join(' or ');
  const of = isPartial(comparison) ? ` of ${count(layers.length)}` : '';
  return (
    `Simulated annealing, preset tuned, searched with ${counted(seeds.length, 'seed')} on ${counted(splits.length, 'split')} of the ` +
    `images. Each search evaluated masks of ${counted(searchedLayers(comparison).length, 'layer')}${of} on ` +
    `${counts('tuning')} tuning images, chose between them by ${counts('validation')} validation images, and was tested on ` +
    `${counts('test')} test images that it had not seen.${calibrationText(comparison)}`
  );
}

/** How the search compares with the best baseline of each kind, that with the highest test accuracy. */
export function tunedFindings(comparison: TunedComparison): readonly string[] {
  const differences = pairedDifferences(comparison);
  return REPAIR_NAMES.flatMap((repair) => {
    const ofKind = differences.filter(({ baseline }) => repairOf(baseline) === repair);
    if (ofKind.length === 0) return [];
    const least = Math.min(...ofKind.map(({ mean }) => mean));
    const { baseline, mean, interval } = ofKind.find((one) => one.mean === least)!;
    const size = pointsText(mean);
    const found =
      size === undefined ? 'the same test accuracy as' : `${size} ${mean > 0 ? 'above' : 'below'}`;
    const sentence =
      `${capitalised(REPAIR_TITLES[repair])}: the search is ${size === undefined ? 'at ' : ''}${found} ${BASELINE_TITLES[baseline]}, ` +
      'the best of these at the same number of zeros';
    if (!interval) return `${sentence}.`;
    const excludes0 = interval.low > 0 || interval.high < 0;
    return `${sentence} (${confidenceText} interval ${intervalText(interval)}${excludes0 ? '' : ', which includes 0'}).`;
  });
}
