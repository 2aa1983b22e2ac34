/** A quality comparison for a terminal. */
import { fixed } from '../text/numbers.ts';
import { matchedScore, splitOf, type TunedComparison } from './tuned.ts';
import { DROPS, evaluationsToReach } from './tuned-reach.ts';
import { pairedDifferences, tunedSummary, testDrop } from './tuned-statistics.ts';
import {
  basisText,
  confidenceText,
  dropText,
  evaluationsText,
  intervalText,
  isPartial,
  missedText,
  runsText,
  searchedLayers,
  signedPoints,
} from './tuned-words.ts';

type Rows = readonly (readonly string[])[];

/** Cells of a table, the head first: a row for each run. Sparsities and accuracies in percent, drops in percentage points. */
export function tunedRunRows(comparison: TunedComparison): Rows {
  return plain([
    ['', '', '', 'test', 'test', 'test', 'magnitude-global'],
    ['split', 'seed', 'sparsity %', 'unpruned %', 'pruned %', 'drop', 'as sparse %'],
    ...comparison.runs.map((run) => [
      run.splitSeed,
      run.seed,
      percents(run.final.sparsity.global),
      percents(splitOf(comparison, run).unpruned.accuracy),
      percents(run.test.accuracy),
      dropText(testDrop(comparison, run)),
      percents(matchedScore(run, 'magnitude-global').accuracy),
    ]),
  ]);
}

/** "Mean of 6 runs on 3 splits ± sample standard deviation: sparsity 80.12 ± 0.34 %, …" */
export function tunedMeans(comparison: TunedComparison): string {
  const { sparsity, drop } = tunedSummary(comparison);
  const [first] = comparison.runs;
  if (comparison.runs.length === 1 && first) {
    return `A single run: sparsity ${percents(sparsity.mean)} %, test accuracy drop ${dropText(drop.mean)} percentage points.`;
  }
  return (
    `Mean of ${runsText(comparison)} ± sample standard deviation: ` +
    `sparsity ${percents(sparsity.mean)} ± ${percents(sparsity.deviation)} %,\n` +
    `test accuracy drop ${dropText(drop.mean)} ± ${fixed(drop.deviation, 2)} percentage points.`
  );
}

/** Cells of a table, the head first: a row for each baseline, in percentage points of test accuracy. */
export function tunedDifferenceRows(comparison: TunedComparison): Rows {
  return plain([
    ['found minus', 'points', `${confidenceText} interval`],
    ...pairedDifferences(comparison).map(({ baseline, mean, interval }) => [
      baseline,
      signedPoints(mean),
      intervalText(interval),
    ]),
  ]);
}

/** Cells of a table, the head first: a row for each of `DROPS`. */
export function tunedReachRows(comparison: TunedComparison): Rows {
  return plain([
    ['drop', 'sparsity %', 'by', 'evaluations', 'runs'],
    ...evaluationsToReach(comparison).map((reach) => [
      fixed(reach.drop, 1),
      percents(reach.sparsity),
      reach.baselines.join(', '),
      evaluationsText(reach),
      missedText(reach),
    ]),
  ]);
}

/** What the differences are, above their table. */
export function tunedDifferenceNote(comparison: TunedComparison): string {
  return wrapped(
    `Test accuracy of the search minus that of masks that need none, with as many zeros. ${basisText(comparison)}` +
      (isPartial(comparison)
        ? ` The searches pruned ${searchedLayers(comparison).join(', ')} alone, the others all layers.`
        : ''),
  );
}

/** What the evaluations are, above their table. */
export const tunedReachNote = wrapped(
  'Evaluations until the search first had a state that is as sparse as the best of those masks at a drop of ' +
    `${DROPS.slice(0, -1).join(', ')} and ${DROPS.at(-1)!} points of test accuracy, with no more of a drop on its validation images.`,
);

function percents(fraction: number): string {
  return fixed(100 * fraction, 2);
}

/** With plain spaces, as in a terminal, where an en dash for what is missing is a hyphen. */
function plain(rows: Rows): Rows {
  return rows.map((row) => row.map((cell) => (cell === '–' ? '-' : cell.replaceAll('\u00a0', ' '))));
}

/** In lines of at most 110 characters. */
function wrapped(text: string): string {
  return text
    .replaceAll('\u00a0', ' ')
    .replace(/(.{1,110})( |$)/g, '$1\n')
    .trimEnd();
}
