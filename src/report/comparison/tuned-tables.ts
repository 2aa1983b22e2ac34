/** The tables of a quality comparison's page. */
import { fixedSpread, percentSpread } from './article-figures.ts';
import { count, duration, fixed, percent } from '../text/numbers.ts';
import { html, type Html } from '../html/html.ts';
import { baselineLabel } from '../chart/method-marks.ts';
import { matchedScore, splitOf, type TunedComparison } from './tuned.ts';
import { evaluationsToReach } from './tuned-reach.ts';
import { pairedDifferences, testDrop } from './tuned-statistics.ts';
import { confidenceText, dropText, evaluationsText, intervalText, signedPoints } from './tuned-words.ts';
import { deviceText, parameterText } from '../run/result-tables.ts';
import { table } from '../html/table.ts';

/** A row for each run, and the means. */
export function tunedRunsTable(comparison: TunedComparison): Html {
  const { runs } = comparison;
  const unpruned = runs.map((run) => splitOf(comparison, run).unpruned.accuracy);
  const drops = runs.map((run) => testDrop(comparison, run));
  const magnitude = runs.map((run) => matchedScore(run, 'magnitude-global').accuracy);
  return table({
    caption: `Every run on the test images; drops in percentage points${runs.length > 1 ? '; below, means ± sample standard deviation' : ''}`,
    columns: [
      { name: 'Split' },
      { name: 'Seed' },
      ...numeric(['Global sparsity', 'Unpruned', 'Pruned', 'Drop', 'Magnitude as sparse', 'Evaluations']),
    ],
    rows: runs.map((run, i) => [
      run.splitSeed,
      run.seed,
      percent(run.final.sparsity.global),
      percent(unpruned[i]!),
      percent(run.test.accuracy),
      dropText(drops[i]!),
      percent(magnitude[i]!),
      count(run.work.candidates),
    ]),
    ...(runs.length > 1 && {
      total: [
        'Mean',
        '',
        percentSpread(runs.map(({ final }) => final.sparsity.global)),
        percentSpread(unpruned),
        percentSpread(runs.map(({ test }) => test.accuracy)),
        fixedSpread(drops, 2),
        percentSpread(magnitude),
        '',
      ],
    }),
  });
}

/** Found minus baseline, for each baseline. */
export function tunedDifferencesTable(comparison: TunedComparison): Html {
  return table({
    caption: 'Test accuracy of the search minus that of a baseline with as many zeros, in percentage points',
    columns: [{ name: 'Baseline' }, ...numeric(['Mean difference', `${confidenceText} interval`])],
    rows: pairedDifferences(comparison).map(({ baseline, mean, interval }) => [
      baselineLabel(baseline),
      signedPoints(mean),
      intervalText(interval),
    ]),
  });
}

export function tunedReachTable(comparison: TunedComparison): Html {
  return table({
    caption:
      'Evaluations until the search was as sparse as the best baseline, mean of the runs that got there',
    columns: [
      { name: 'Drop (points)' },
      { name: 'Sparsity to reach', numeric: true },
      { name: 'Evaluations', numeric: true },
      { name: 'Not reached', numeric: true },
      { name: 'Set by', numeric: true },
    ],
    rows: evaluationsToReach(comparison).map((reach) => [
      fixed(reach.drop, 1),
      percent(reach.sparsity),
      evaluationsText(reach),
      `${count(reach.missed)} of ${count(reach.runs)}`,
      reach.baselines.join(', '),
    ]),
  });
}

/** What ran where. */
export function tunedSettingsTable(comparison: TunedComparison): Html {
  const { preset, splits, seeds, split, device, seconds, layers, baselineWork } = comparison;
  return table({
    caption: 'The comparison',
    columns: [{ name: 'Property' }, { name: 'Value' }],
    rows: [
      ['Preset', preset],
      ['Splits', splits.map(({ splitSeed }) => splitSeed).join(', ')],
      ['Seeds', seeds.join(', ')],
      ['Layers', layers.map(({ name, shape }) => `${name} ${shape.join('×')}`).join(', ')],
      ['Split searched', split],
      ['Device', deviceText(device)],
      ['Masks tested', count(baselineWork.candidates)],
      ['Time', `${duration(seconds)}, searches and baselines`],
    ],
  });
}

export function tunedParametersTable({ parameters, layers, preset }: TunedComparison): Html {
  return table({
    caption: `Parameters of the searches, preset “${preset}”`,
    columns: [{ name: 'Parameter' }, { name: 'Value', numeric: true, wraps: true }],
    rows: Object.entries(parameters).map(([name, value]) => [
      html`<code>${name}</code>`,
      parameterText(name, value, layers),
    ]),
  });
}

/** Which network and how many images each split has. */
export function tunedSplitsTable({ splits }: TunedComparison): Html {
  return table({
    caption: 'The splits: numbers of images, and the unpruned network on the test images',
    columns: [
      { name: 'Split' },
      { name: 'Model' },
      ...numeric(['Tuning images', 'Validation images', 'Test images', 'Test accuracy', 'Test loss (nats)']),
    ],
    rows: splits.map(({ splitSeed, model, images, unpruned }) => [
      splitSeed,
      model,
      count(images.tuning),
      count(images.validation),
      count(images.test),
      percent(unpruned.accuracy),
      fixed(unpruned.loss, 4),
    ]),
  });
}

/** Each search by itself: equal digests mean equal runs. */
export function tunedDigestsTable({ runs }: TunedComparison): Html {
  return table({
    caption: 'The searches; the same digest means the same steps',
    columns: [{ name: 'Split' }, { name: 'Seed' }, ...numeric(['Candidates', 'Time']), { name: 'Digest' }],
    rows: runs.map(({ splitSeed, seed, work, seconds, digest }) => [
      splitSeed,
      seed,
      count(work.candidates),
      duration(seconds),
      html`<code>${digest}</code>`,
    ]),
  });
}

function numeric(names: readonly string[]) {
  return names.map((name) => ({ name, numeric: true }));
}
