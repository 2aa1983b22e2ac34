import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { paperNotes, paperRows } from '../../../../../src/report/comparison/paper/text.ts';
import { compareText } from '../../../../../src/report/comparison/text.ts';
import { fakePaper } from '../fake-paper.ts';

test('each search is followed by the baselines at its sparsity', () => {
  const names = paperRows(fakePaper(2)).map(([name]) => name);
  const baselines = ['  random', '  magnitude-uniform', '  magnitude-global', '  wanda'];
  assert.equal(names, ['', '', 'unpruned', 'SA, 2 seeds', ...baselines, 'GA, 2 seeds', ...baselines]);
});

test('one seed has figures, several have means', () => {
  const [, , unpruned, sa, random] = paperRows(fakePaper(1));
  assert.equal(unpruned, [
    'unpruned',
    '97.40',
    '97.23',
    '0.1013',
    '0.0895',
    '0.00',
    '0.00',
    '0.0000',
    '-',
    '-',
  ]);
  assert.equal(sa, [
    'SA, 1 seed',
    '86.90',
    '87.44',
    '1.0050',
    '0.9850',
    '43.84',
    '47.89',
    '0.3911',
    '1419',
    '84.4',
  ]);
  assert.equal(random!.slice(0, 3), ['  random', '53.96', '53.88']);
  assert.equal(random!.slice(-2), ['-', '-']);
  assert.is(paperRows(fakePaper(3))[3]![1], '86.68 ± 0.20');
});

test('without held-out images there are no columns of test figures', () => {
  const rows = paperRows(fakePaper(2, false));
  assert.ok(rows.every((row) => row.length === 8));
  assert.ok(rows.every((row) => !row.includes('test')));
  assert.is(rows[3]![1], '87.31');
  assert.match(paperNotes(fakePaper(2, false)), 'There are no test figures');
  assert.not.match(paperNotes(fakePaper(2)), 'There are no test figures');
});

test('the notes say what is indented, what ± is and what was searched', () => {
  const notes = paperNotes(fakePaper(3));
  assert.match(notes, /Indented: .* at the same global sparsity as the search above them/);
  assert.match(notes, /Means over 3 seeds, ± sample standard deviation/);
  assert.match(notes, /Wanda, .* only from the runs’ different sparsities/);
  assert.not.match(notes, 'all layers');
  assert.not.match(paperNotes(fakePaper(1)), '±');
  const { runs, ...others } = fakePaper(2);
  const partial = runs.map((run) => ({ ...run, parameters: { ...run.parameters, layers: 'fc1,out' } }));
  const alone = 'The searches pruned fc1, out alone, the others all layers.';
  assert.match(paperNotes({ ...others, runs: partial }), alone);
});

test('it fits in 110 columns, of long searches too', () => {
  const comparison = fakePaper(12);
  const long = comparison.runs.map((run) => ({
    ...run,
    work: { ...run.work, candidates: 1_234_567 },
    seconds: 123_456.7,
  }));
  const [table] = compareText({ ...comparison, runs: long });
  const lines = table!.split('\n');
  assert.ok(Math.max(...lines.map((line) => line.length)) <= 110);
});

test.run();
