import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BASELINE_NAMES } from '../../../../src/report/comparison/article.ts';
import { tunedCsv } from '../../../../src/report/comparison/tuned-csv.ts';
import { csvRows } from '../csv-rows.ts';
import { fakeTuned } from './fake-tuned.ts';

const header =
  'kind,split_seed,seed,baseline,target_sparsity,global_sparsity,zeros,search_loss,search_accuracy,validation_loss,' +
  'validation_accuracy,test_loss,test_accuracy,unpruned_test_accuracy,evaluations,seconds';

const rowsOf = (text: string) => csvRows(text, header);

test('there is a row for each run, matched baseline, state of a front, look and point of a curve', () => {
  const comparison = fakeTuned(3, 2);
  const text = tunedCsv(comparison);
  assert.ok(text.endsWith('\n'));
  const rows = rowsOf(text);
  const ofKind = (kind: string) => rows.filter((row) => row['kind'] === kind);
  assert.equal(
    ['run', 'matched', 'front', 'validation', 'curve'].map((kind) => ofKind(kind).length),
    [6, 24, 18, 18, 3 * 4 * 18],
  );
  assert.is(rows.length, 6 + 24 + 18 + 18 + 216);

  const run = comparison.runs[3]!;
  const row = ofKind('run')[3]!;
  assert.equal(row, {
    kind: 'run',
    split_seed: '2',
    seed: '2',
    baseline: '',
    target_sparsity: '',
    global_sparsity: '0.86',
    zeros: `${run.zeros}`,
    search_loss: `${run.final.loss}`,
    search_accuracy: '0.95',
    validation_loss: `${run.validation.pruned.loss}`,
    validation_accuracy: `${run.validation.pruned.accuracy}`,
    test_loss: `${run.test.loss}`,
    test_accuracy: '0.95',
    unpruned_test_accuracy: '0.96',
    evaluations: '1000',
    seconds: '12.5',
  });
  assert.equal(
    ofKind('matched')
      .slice(12, 16)
      .map(({ split_seed, seed, baseline, zeros, test_accuracy }) => [
        split_seed,
        seed,
        baseline,
        Number(zeros),
        Number(test_accuracy),
      ]),
    BASELINE_NAMES.map((name, i) => ['2', '2', name, run.zeros, run.matched[i]!.test.accuracy]),
  );
  const check = ofKind('validation')[10]!;
  assert.equal(
    [
      check['split_seed'],
      check['seed'],
      check['evaluations'],
      check['global_sparsity'],
      check['search_accuracy'],
    ],
    ['2', '2', '300', '0.715', '0.96'],
  );
  assert.is(check['validation_accuracy'], '0.95');
  const front = ofKind('front')[11]!;
  assert.equal(
    [front['global_sparsity'], Number(front['test_accuracy'])],
    ['0.85', run.front[2]!.test.accuracy],
  );
  const point = ofKind('curve')[72 + 18]!;
  assert.equal(
    [point['split_seed'], point['baseline'], point['target_sparsity'], point['seed']],
    ['2', 'magnitude-uniform', '0.1', ''],
  );
});

test('a seed that is any text stays one field', () => {
  const comparison = fakeTuned(1, 1);
  const [run] = comparison.runs;
  const text = tunedCsv({ ...comparison, runs: [{ ...run!, seed: 'a,"b"' }] });
  assert.match(text, '\nrun,1,"a,""b""",');
});

test.run();
