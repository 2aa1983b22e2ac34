/** A tuned comparison for a terminal of 110 columns. */
import { fixed, signed } from '../../text/numbers.ts';
import { textTable } from '../../text/text-table.ts';
import { NONE } from '../../text/words.ts';
import type { TunedComparison } from '../comparison.ts';
import { matchedPoint, repairedRuns, splitOf } from '../figures.ts';
import { partialNote } from '../words.ts';
import { pairedDifferences, testDrop, tunedSummary } from './differences.ts';
import { DROPS, evaluationsToReach } from './reach.ts';
import {
  basisText,
  calibrationText,
  confidenceText,
  dropText,
  evaluationsText,
  intervalText,
  missedText,
  runsText,
} from './words.ts';

/** Cells of a table, the head first. */
type Rows = readonly (readonly string[])[];

/** Paragraphs: tables, each with what it means. */
export function tunedText(comparison: TunedComparison): readonly string[] {
  return [
    textTable(runRows(comparison)),
    tunedMeans(comparison),
    differenceNote(comparison),
    textTable(differenceRows(comparison)),
    reachNote,
    textTable(reachRows(comparison)),
  ];
}

/** A row for each run, with magnitude pruning of as many weights. Sparsities and accuracies are in percent, drops in percentage points. */
export function runRows(comparison: TunedComparison): Rows {
  const repaired = repairedRuns(comparison).length > 0;
  return plain([
    ['', '', '', 'test', 'test', 'test', 'magnitude', ...(repaired ? ['magnitude'] : [])],
    [
      ...['split', 'seed', 'sparsity %', 'unpruned %', 'pruned %', 'drop', 'frozen %'],
      ...(repaired ? ['in rounds %'] : []),
    ],
    ...comparison.runs.map((run) => [
      run.splitSeed,
      run.seed,
      inPercent(run.final.sparsity.global),
      inPercent(splitOf(comparison, run).unpruned.test.accuracy),
      inPercent(run.test.accuracy),
      dropText(testDrop(comparison, run)),
      inPercent(matchedPoint(run, 'magnitude-global').test.accuracy),
      ...(repaired ? [inPercent(matchedPoint(run, 'magnitude-rounds').test.accuracy)] : []),
    ]),
  ]);
}

/** "Mean of 6 runs on 3 splits ± sample standard deviation: sparsity 80.12 ± 0.34 %, …" */
export function tunedMeans(comparison: TunedComparison): string {
  const { sparsity, drop } = tunedSummary(comparison);
  if (comparison.runs.length === 1) {
    return `A single run: sparsity ${inPercent(sparsity.mean)} %, test accuracy drop ${dropText(drop.mean)} percentage points.`;
  }
  return (
    `Mean of ${runsText(comparison)} ± sample standard deviation: ` +
    `sparsity ${inPercent(sparsity.mean)} ± ${inPercent(sparsity.deviation)} %,\n` +
    `test accuracy drop ${dropText(drop.mean)} ± ${fixed(drop.deviation, 2)} percentage points.`
  );
}

/** A row for each baseline, in percentage points of test accuracy. */
export function differenceRows(comparison: TunedComparison): Rows {
  return plain([
    ['search minus', 'points', `${confidenceText} interval`],
    ...pairedDifferences(comparison).map(({ baseline, mean, interval }) => [
      baseline,
      signed(mean),
      intervalText(interval),
    ]),
  ]);
}

/** What the differences are. */
export function differenceNote(comparison: TunedComparison): string {
  return wrapped(
    [
      'Test accuracy of the search minus that of baselines, which need no search, with as many zeros.' +
        calibrationText(comparison),
      basisText(comparison),
      ...partialNote(comparison, 'the others'),
    ].join(' '),
  );
}

/** A row for each of `DROPS`, for baselines with frozen and with repaired weights. */
export function reachRows(comparison: TunedComparison): Rows {
  return plain([
    ['weights', 'drop', 'sparsity %', 'by', 'evaluations', 'runs'],
    ...evaluationsToReach(comparison).map((reach) => [
      reach.weights,
      fixed(reach.drop, 1),
      inPercent(reach.sparsity),
      reach.baselines.join(', '),
      evaluationsText(reach),
      missedText(reach),
    ]),
  ]);
}

/** What the evaluations are. */
export const reachNote = wrapped(
  'Evaluations until the search first had a state as sparse as the best baseline with a drop of test accuracy of ' +
    `${DROPS.slice(0, -1).join(', ')} or ${DROPS.at(-1)!} points, with no more of a drop on its validation images.`,
);

function inPercent(fraction: number): string {
  return fixed(100 * fraction, 2);
}

/** With plain spaces, and a hyphen for a cell without a value. */
function plain(rows: Rows): Rows {
  return rows.map((row) => row.map((cell) => (cell === NONE ? '-' : cell.replaceAll('\u00a0', ' '))));
}

/** In lines of at most 110 characters. */
function wrapped(text: string): string {
  return text
    .replaceAll('\u00a0', ' ')
    .replace(/(.{1,110})( |$)/g, '$1\n')
    .trimEnd();
}
