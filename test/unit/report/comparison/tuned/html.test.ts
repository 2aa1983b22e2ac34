import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { TunedComparison } from '../../../../../src/report/comparison/comparison.ts';
import { compareHtml } from '../../../../../src/report/comparison/html.ts';
import { BASELINE_TITLES } from '../../../../../src/report/text/words.ts';
import { charts, occurrences, textOf } from '../../markup.ts';
import { assertEscaped, EVIL } from '../../page.ts';
import { CURVES, fakeTuned } from '../fake-tuned.ts';

const comparison = fakeTuned(3, 2);
const page = compareHtml(comparison);
const text = textOf(page);

/** The text of each row of the table with this caption. */
function rowsOf(markup: string, caption: string): readonly string[] {
  const found = [...markup.matchAll(/<table>[^]*?<\/table>/g)].find(([table]) =>
    textOf(table).includes(caption),
  );
  assert.ok(found, caption);
  return [...found[0].matchAll(/<tr>[^]*?<\/tr>/g)].map(([row]) =>
    textOf(row).trim().replaceAll('\u00a0', ' '),
  );
}

test('the headline says what came out, on how many runs', () => {
  assert.match(
    text.replaceAll('\u00a0', ' '),
    '85.00 % of the weights pruned; test accuracy fell by 1.17 percentage points, means of 6 runs on 3 splits',
  );
  const headlineAt = (accuracy: number) => {
    const single = fakeTuned(1, 1);
    const runs = single.runs.map((run) => ({ ...run, test: { loss: 0.1, accuracy } }));
    return textOf(compareHtml({ ...single, runs })).replaceAll('\u00a0', ' ');
  };
  assert.match(headlineAt(0.98), 'test accuracy rose by 1.00 percentage points; 1 run on 1 split ');
  assert.match(headlineAt(0.97), 'test accuracy stayed the same; 1 run on 1 split ');
  assert.match(
    text,
    'on 1,600 tuning images, chose between them by 400 validation images, and was tested on 2,000 test images that it had not seen',
  );
});

test('the table of runs has a row for each, and their means', () => {
  const rows = rowsOf(page, 'Every run on the test images');
  assert.is(rows.length, 1 + 6 + 1);
  assert.is(rows[4]!.replace(/ +/g, ' '), '2 2 86.00 % 96.00 % 95.00 % 1.00 91.00 % 97.00 % 1,000');
  assert.match(rows[7]!, /^Mean +85\.00 ± 3\.74 % +96\.00 ± 0\.89 % .* 1\.17 ± 0\.52 /);
  assert.is(rowsOf(compareHtml(fakeTuned(1, 1)), 'Every run on the test images').length, 2);
});

test('differences and their intervals are told, with what they are taken over', () => {
  const rows = rowsOf(page, 'Test accuracy of the search minus');
  assert.match(rows[3]!, /magnitude, one threshold for all layers .*\+3\.50 +\+1\.02 to \+5\.98$/);
  assert.match(text, 'interval is taken over the means of the 3 splits');
  assert.match(textOf(compareHtml(fakeTuned(1, 2))), 'interval is taken over the 2 seeds');
  const spaced = text.replaceAll('\u00a0', ' ');
  // Of each kind the baseline that is behind least: Wanda is 0.5 points behind, far less than what the splits differ by.
  assert.match(
    spaced,
    'Frozen weights: the search is 0.50 percentage points above Wanda, the best of these at the same number of zeros ' +
      '(95 % interval −1.98 to +2.98, which includes 0).',
  );
  assert.match(spaced, /Repaired once: the search is 1\.00 percentage points below optimal brain surgeon/);
  assert.match(
    spaced,
    'Repaired in rounds: the search is 3.50 percentage points below optimal brain surgeon, repaired in rounds, the best of ' +
      'these at the same number of zeros (95 % interval −5.98 to −1.02).',
  );
});

test('evaluations to reach the best baseline are told, or in how many runs it was not', () => {
  const rows = rowsOf(page, 'Evaluations until the search was as sparse').map((row) =>
    row.replace(/ +/g, ' '),
  );
  assert.equal(rows.slice(1), [
    'frozen 0.5 70.50 % – 6 of 6 magnitude-global',
    'frozen 1.0 71.00 % 250 0 of 6 magnitude-global',
    'frozen 2.0 72.00 % – 6 of 6 magnitude-global',
    'frozen 5.0 75.00 % 900 2 of 6 magnitude-global',
    'repaired 0.5 90.50 % – 6 of 6 obs-rounds',
    'repaired 1.0 91.00 % – 6 of 6 obs-rounds',
    'repaired 2.0 92.00 % – 6 of 6 obs-rounds',
    'repaired 5.0 95.00 % – 6 of 6 obs-rounds',
  ]);
});

const STAR = /<path [^>]*fill="var\(--text\)" stroke="var\(--text\)"/g;

test('one chart, wide and narrow, has the baselines, the runs and the fronts', () => {
  const drawn = charts(page);
  const widths = drawn.map((chart) => /class="chart (\w+)"/.exec(chart)![1]);
  assert.equal(widths, ['wide', 'narrow']);
  for (const chart of drawn) {
    // Each run in both panels.
    assert.is(occurrences(chart, STAR), 2 * 6);
    assert.is(occurrences(chart, /stroke="var\(--text\)" stroke-width="0\.6"/g), 2 * 6);
    // Purple is magnitude: frozen, repaired once and in rounds, in the first panel, and those that reach it in the second.
    const dashes = [...chart.matchAll(/<path [^>]*stroke="var\(--layer-4\)"[^>]*>/g)].map(
      ([path]) => /stroke-dasharray="([^"]*)"/.exec(path)?.[1] ?? 'solid',
    );
    assert.equal(dashes.slice(0, 3), ['1.5,3', '6,4', 'solid']);
    assert.ok(dashes.length > 3);
    for (const name of CURVES) assert.match(chart, BASELINE_TITLES[name]);
    assert.not.match(chart, BASELINE_TITLES['random-search']);
    assert.match(chart, 'split 2, seed 2: 95.00\u00a0% at 86.00\u00a0%');
    assert.not.match(chart, /NaN|undefined/);
  }
});

test('a curve is the mean over the splits', () => {
  const { splits, runs, ...rest } = fakeTuned(1, 1);
  /** A split with its run for each number of points that its curves are shifted by. */
  const shifted = (...shifts: readonly number[]): TunedComparison => ({
    ...rest,
    splits: shifts.map((points, i) => ({
      ...splits[0]!,
      splitSeed: `${i}`,
      curves: splits[0]!.curves.map((point) => ({
        ...point,
        test: { ...point.test, accuracy: point.test.accuracy + points / 100 },
      })),
    })),
    runs: shifts.map((_, i) => ({ ...runs[0]!, splitSeed: `${i}` })),
  });
  const chartsOf = (...shifts: readonly number[]) => charts(compareHtml(shifted(...shifts)));
  assert.equal(chartsOf(0, -5, 5), chartsOf(0, 0, 0));
  assert.not.equal(chartsOf(0, -5, 0), chartsOf(0, 0, 0));
});

test('settings, models and digests are there, and names are escaped', () => {
  for (const { digest } of comparison.runs) assert.match(page, digest);
  for (const { model } of comparison.splits) assert.match(text, model);
  assert.match(text, /maxAccuracyDrop 1 .*evaluations 1,000 .*importance magnitude .*layers all/);
  const splits = comparison.splits.map((split) => ({ ...split, model: EVIL }));
  assertEscaped(compareHtml({ ...comparison, splits }), 1);
});

test('layers that were not searched are said to be pruned by the baselines alone', () => {
  const runs = comparison.runs.map((run) => ({ ...run, parameters: { ...run.parameters, layers: 'out' } }));
  const partial = { ...comparison, runs };
  assert.match(textOf(compareHtml(partial)), 'The searches pruned out alone, the baselines all layers.');
  assert.match(textOf(compareHtml(partial)), 'masks of 1 layer of 5 on');
  assert.not.match(text, 'alone, the baselines');
});

test.run();
