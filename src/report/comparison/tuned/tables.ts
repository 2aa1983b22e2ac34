/** The tables of a tuned comparison. */
import { baselineLineLabel } from '../../chart/baseline-lines.ts';
import type { Html } from '../../html/html.ts';
import { numericColumns, table } from '../../html/table.ts';
import { count, fixed, percent, signed } from '../../text/numbers.ts';
import type { TunedComparison } from '../comparison.ts';
import { matchedPoint, repairedRuns, splitOf } from '../figures.ts';
import { fixedSpread, percentSpread } from '../words.ts';
import { pairedDifferences, testDrop } from './differences.ts';
import { evaluationsToReach } from './reach.ts';
import { confidenceText, dropText, evaluationsText, intervalText } from './words.ts';

/** A row for each run, and the means. */
export function runsTable(comparison: TunedComparison): Html {
  const { runs } = comparison;
  const sparsities = runs.map(({ final }) => final.sparsity.global);
  const unpruned = runs.map((run) => splitOf(comparison, run).unpruned.test.accuracy);
  const pruned = runs.map(({ test }) => test.accuracy);
  const drops = runs.map((run) => testDrop(comparison, run));
  const magnitude = runs.map((run) => matchedPoint(run, 'magnitude-global').test.accuracy);
  const rounds = repairedRuns(comparison).map((run) => matchedPoint(run, 'magnitude-rounds').test.accuracy);
  const repaired = rounds.length > 0;
  return table({
    caption: `Every run on the test images; drops in percentage points${runs.length > 1 ? '; below, means ± sample standard deviation' : ''}`,
    columns: [
      { name: 'Split' },
      { name: 'Seed' },
      ...numericColumns([
        'Global sparsity',
        'Unpruned',
        'Pruned',
        'Drop',
        'Magnitude',
        ...(repaired ? ['Magnitude, rounds'] : []),
        'Evaluations',
      ]),
    ],
    rows: runs.map((run, i) => [
      run.splitSeed,
      run.seed,
      percent(sparsities[i]!),
      percent(unpruned[i]!),
      percent(pruned[i]!),
      dropText(drops[i]!),
      percent(magnitude[i]!),
      ...(repaired ? [percent(rounds[i]!)] : []),
      count(run.work.candidates),
    ]),
    ...(runs.length > 1 && {
      total: [
        'Mean',
        '',
        percentSpread(sparsities),
        percentSpread(unpruned),
        percentSpread(pruned),
        fixedSpread(drops, 2),
        percentSpread(magnitude),
        ...(repaired ? [percentSpread(rounds)] : []),
        '',
      ],
    }),
  });
}

/** Search minus baseline, for each baseline. */
export function differencesTable(comparison: TunedComparison): Html {
  return table({
    caption: 'Test accuracy of the search minus that of a baseline with as many zeros, in percentage points',
    columns: [{ name: 'Baseline' }, ...numericColumns(['Mean difference', `${confidenceText} interval`])],
    rows: pairedDifferences(comparison).map(({ baseline, mean, interval }) => [
      baselineLineLabel(baseline),
      signed(mean),
      intervalText(interval),
    ]),
  });
}

/** A row for each of `DROPS`, for baselines with frozen and with repaired weights. */
export function reachTable(comparison: TunedComparison): Html {
  return table({
    caption:
      'Evaluations until the search was as sparse as the best baseline, mean of the runs that reached it',
    columns: [
      { name: 'Weights' },
      ...numericColumns([
        'Drop (points)',
        'Sparsity to reach',
        'Evaluations',
        'Not reached',
        'Best baseline',
      ]),
    ],
    rows: evaluationsToReach(comparison).map((reach) => [
      reach.weights,
      fixed(reach.drop, 1),
      percent(reach.sparsity),
      evaluationsText(reach),
      `${count(reach.missed)} of ${count(reach.runs)}`,
      reach.baselines.join(', '),
    ]),
  });
}
