import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compareText } from '../../../../../src/report/comparison/text.ts';
import {
  differenceNote,
  differenceRows,
  reachRows,
  runRows,
  tunedMeans,
} from '../../../../../src/report/comparison/tuned/text.ts';
import { fakeTuned } from '../fake-tuned.ts';

test('there is a row for each run, after two of names', () => {
  const rows = runRows(fakeTuned(3, 2));
  assert.equal(rows.slice(0, 4), [
    ['', '', '', 'test', 'test', 'test', 'magnitude', 'magnitude'],
    ['split', 'seed', 'sparsity %', 'unpruned %', 'pruned %', 'drop', 'frozen %', 'in rounds %'],
    ['1', '1', '80.00', '97.00', '96.00', '1.00', '94.00', '100.00'],
    ['1', '2', '82.00', '97.00', '95.50', '1.50', '92.50', '98.50'],
  ]);
  assert.is(rows.length, 2 + 6);
});

test('a gain is a negative drop, and nothing is 0.00 without a sign', () => {
  const comparison = fakeTuned(1, 1);
  const dropAt = (accuracy: number) => {
    const runs = comparison.runs.map((run) => ({ ...run, test: { loss: 0.1, accuracy } }));
    return runRows({ ...comparison, runs }).at(-1)![5];
  };
  assert.is(dropAt(0.975), '−0.50');
  assert.is(dropAt(0.97001), '0.00');
});

test('means have deviations, unless there is one run', () => {
  assert.is(
    tunedMeans(fakeTuned(3, 2)),
    'Mean of 6 runs on 3 splits ± sample standard deviation: sparsity 85.00 ± 3.74 %,\n' +
      'test accuracy drop 1.17 ± 0.52 percentage points.',
  );
  const single = 'A single run: sparsity 80.00 %, test accuracy drop 1.00 percentage points.';
  assert.is(tunedMeans(fakeTuned(1, 1)), single);
});

test('differences have intervals, whose basis the note tells', () => {
  const several = fakeTuned(3, 2);
  assert.equal(differenceRows(several).slice(0, 4), [
    ['search minus', 'points', '95 % interval'],
    ['random', '+61.50', '+59.02 to +63.98'],
    ['magnitude-uniform', '+5.50', '+3.02 to +7.98'],
    ['magnitude-global', '+3.50', '+1.02 to +5.98'],
  ]);
  const overSplits = /over the means of the 3 splits \(Student’s t, 2 degrees of freedom\)/;
  assert.match(flat(differenceNote(several)), overSplits);
  const overSeeds = /over the 2 seeds \(Student’s t, 1 degree of freedom\)/;
  assert.match(flat(differenceNote(fakeTuned(1, 2))), overSeeds);
  const told = 'Baselines measure and repair on 3,000 calibration images, none of them a test image.';
  assert.ok(flat(differenceNote(several)).includes(told));
  const single = fakeTuned(1, 1);
  assert.match(flat(differenceNote(single)), /A single run has no interval: pass more seeds or splits\.$/);
  assert.equal(differenceRows(single).at(-1), ['obs-rounds', '−5.00', '-']);
});

test('the note says that the baselines prune layers that were not searched', () => {
  const comparison = fakeTuned(1, 2);
  assert.not.match(differenceNote(comparison), 'alone');
  const runs = comparison.runs.map((run) => ({
    ...run,
    parameters: { ...run.parameters, layers: 'fc1,out' },
  }));
  const partial = { ...comparison, runs };
  assert.match(flat(differenceNote(partial)), /The searches pruned fc1, out alone, the others all layers\.$/);
});

test('evaluations are told, or that they did not suffice', () => {
  assert.equal(reachRows(fakeTuned(3, 2)), [
    ['weights', 'drop', 'sparsity %', 'by', 'evaluations', 'runs'],
    ['frozen', '0.5', '70.50', 'magnitude-global', '-', 'not reached in 6 of 6'],
    ['frozen', '1.0', '71.00', 'magnitude-global', '250', 'reached in all 6'],
    ['frozen', '2.0', '72.00', 'magnitude-global', '-', 'not reached in 6 of 6'],
    ['frozen', '5.0', '75.00', 'magnitude-global', '900', 'not reached in 2 of 6'],
    ...[0.5, 1, 2, 5].map((drop) => [
      ...['repaired', drop.toFixed(1), (90 + drop).toFixed(2), 'obs-rounds', '-'],
      'not reached in 6 of 6',
    ]),
  ]);
});

test('no line is wider than 110 characters', () => {
  const paragraphs = compareText(fakeTuned(3, 2));
  assert.is(paragraphs.length, 6);
  for (const line of paragraphs.join('\n').split('\n')) {
    assert.ok(line.length <= 110, line);
    assert.not.match(line, /\u00a0|undefined|NaN/);
  }
});

/** With its lines joined. */
function flat(text: string): string {
  return text.replaceAll('\n', ' ');
}

test.run();
