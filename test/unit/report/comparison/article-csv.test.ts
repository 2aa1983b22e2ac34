import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compareCsv } from '../../../../src/report/comparison/article-csv.ts';
import { csvRows } from '../csv-rows.ts';
import { fakeComparison } from './fake-article.ts';

const header =
  'kind,method,seed,baseline,target_sparsity,global_sparsity,mean_layer_sparsity,search_loss,search_accuracy,test_loss,' +
  'test_accuracy,cost,trade_off,evaluations,seconds';

const rowsOf = (text: string) => csvRows(text, header);

test('there is a row for each run, matched point and curve point, with every digit', () => {
  const comparison = fakeComparison(2);
  const text = compareCsv(comparison);
  assert.ok(text.endsWith('\n'));
  const rows = rowsOf(text);
  const kinds = (kind: string) => rows.filter((row) => row['kind'] === kind);
  assert.is(rows.length, 4 + 16 + 72);

  const runs = kinds('run');
  assert.is(runs.length, 4);
  comparison.runs.forEach((run, i) => {
    assert.equal(Object.values(runs[i]!), [
      ...['run', run.method, run.seed, '', ''],
      ...[run.final.sparsity.global, run.final.sparsity.meanLayer, run.final.loss].map(String),
      ...[run.final.accuracy, run.test!.loss, run.test!.accuracy, run.final.cost, run.tradeOff].map(String),
      ...[run.work.candidates, run.seconds].map(String),
    ]);
  });
  const matched = kinds('matched');
  comparison.matched.forEach((point, i) => {
    const { method, seed, baseline, target_sparsity, global_sparsity, test_accuracy, cost } = matched[i]!;
    assert.equal([method, seed, baseline], [point.method, point.seed, point.baseline]);
    assert.equal([target_sparsity, global_sparsity], [point.target, point.sparsity.global].map(String));
    assert.is.not(target_sparsity, global_sparsity);
    assert.equal([test_accuracy, cost], [String(point.test!.accuracy), '']);
  });
  const curves = kinds('curve');
  comparison.curves.forEach((point, i) => {
    const { method, seed, baseline, target_sparsity, search_loss, trade_off } = curves[i]!;
    assert.equal([method, seed, baseline], ['', '', point.baseline]);
    assert.equal([target_sparsity, search_loss], [point.target, point.search.loss].map(String));
    const score = (point.sparsity.meanLayer * point.test!.accuracy) / comparison.unpruned.test!.accuracy;
    assert.is(Number(trade_off), score);
  });
});

test('without held-out images the test fields are empty and the score is on the images searched', () => {
  const comparison = fakeComparison(1, false);
  const rows = rowsOf(compareCsv(comparison));
  assert.ok(rows.every((row) => row['test_loss'] === '' && row['test_accuracy'] === ''));
  const point = comparison.matched[0]!;
  const score = (point.sparsity.meanLayer * point.search.accuracy) / comparison.unpruned.search.accuracy;
  assert.is(Number(rows.find(({ kind }) => kind === 'matched')!['trade_off']), score);
});

test('a seed that is no number neither ends its field nor its row', () => {
  const comparison = fakeComparison(1);
  const [run] = comparison.runs;
  const text = compareCsv({ ...comparison, runs: [{ ...run!, seed: 'a,"b"\nc' }], matched: [], curves: [] });
  assert.match(text, '\nrun,sa,"a,""b""\nc",,');
});

test.run();
