import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compareCsv } from '../../../../src/report/comparison/csv.ts';
import { TUNED_BASELINE_NAMES } from '../../../../src/report/text/words.ts';
import { csvRows } from '../csv-rows.ts';
import { fakePaper, withSplit } from './fake-paper.ts';
import { fakeTuned } from './fake-tuned.ts';

const header =
  'kind,split_seed,method,seed,baseline,target_sparsity,global_sparsity,mean_layer_sparsity,zeros,tuning_loss,' +
  'tuning_accuracy,validation_loss,validation_accuracy,test_loss,test_accuracy,unpruned_accuracy,cost,trade_off,' +
  'evaluations,seconds';

const rowsOf = (text: string) => csvRows(text, header);

test('paper: there is a row for each run, matched point and curve point, with every digit', () => {
  const comparison = fakePaper(2);
  const [split] = comparison.splits;
  const unpruned = split.unpruned.test!.accuracy;
  const text = compareCsv(comparison);
  assert.ok(text.endsWith('\n'));
  const rows = rowsOf(text);
  const kinds = (kind: string) => rows.filter((row) => row['kind'] === kind);
  assert.is(rows.length, 4 + 16 + 72);

  const runs = kinds('run');
  assert.is(runs.length, 4);
  comparison.runs.forEach((run, i) => {
    const { final, test: score, zeros, tradeOff, work, seconds } = run;
    assert.equal(Object.values(runs[i]!), [
      ...['run', '0', run.method, run.seed, '', ''],
      ...[final.sparsity.global, final.sparsity.meanLayer, zeros, final.loss, final.accuracy].map(String),
      ...['', ''],
      ...[score!.loss, score!.accuracy, unpruned, final.cost, tradeOff, work.candidates, seconds].map(String),
    ]);
  });
  const matched = kinds('matched');
  assert.is(matched.length, 16);
  comparison.runs
    .flatMap((run) => run.matched.map((point) => ({ run, point })))
    .forEach(({ run, point }, i) => {
      const { method, seed, baseline, target_sparsity, global_sparsity, zeros, test_accuracy, cost } =
        matched[i]!;
      assert.equal([method, seed, baseline], [run.method, run.seed, point.baseline]);
      const shown = [point.target, point.sparsity.global, run.zeros].map(String);
      assert.equal([target_sparsity, global_sparsity, zeros], shown);
      assert.is.not(target_sparsity, global_sparsity);
      assert.equal([test_accuracy, cost], [String(point.test!.accuracy), '']);
    });
  const curves = kinds('curve');
  assert.is(curves.length, 72);
  split.curves.forEach((point, i) => {
    const { method, seed, split_seed, baseline, target_sparsity, tuning_loss, trade_off } = curves[i]!;
    assert.equal([method, seed, split_seed, baseline], ['', '', '0', point.baseline]);
    assert.equal([target_sparsity, tuning_loss], [point.target, point.tuning.loss].map(String));
    assert.is(Number(trade_off), (point.sparsity.meanLayer * point.test!.accuracy) / unpruned);
  });
});

test('without held-out images the test fields are empty, and scores are on the tuning images', () => {
  const comparison = fakePaper(1, false);
  const { tuning } = comparison.splits[0].unpruned;
  const rows = rowsOf(compareCsv(comparison));
  assert.ok(rows.every((row) => row['test_loss'] === '' && row['test_accuracy'] === ''));
  assert.ok(rows.every((row) => row['unpruned_accuracy'] === `${tuning.accuracy}`));
  const point = comparison.runs[0]!.matched[0]!;
  const score = (point.sparsity.meanLayer * point.tuning.accuracy) / tuning.accuracy;
  assert.is(Number(rows.find(({ kind }) => kind === 'matched')!['trade_off']), score);
});

test('tuned: there is a row for each run, matched baseline, front state, validation and curve point', () => {
  const comparison = fakeTuned(3, 2);
  const text = compareCsv(comparison);
  assert.ok(text.endsWith('\n'));
  const rows = rowsOf(text);
  const ofKind = (kind: string) => rows.filter((row) => row['kind'] === kind);
  const counts = ['run', 'matched', 'front', 'validation', 'curve'].map((kind) => ofKind(kind).length);
  assert.equal(counts, [6, 6 * 14, 18, 18, 3 * 12 * 18]);
  assert.is(rows.length, 6 + 84 + 18 + 18 + 648);

  const run = comparison.runs[3]!;
  assert.equal(ofKind('run')[3]!, {
    kind: 'run',
    split_seed: '2',
    method: 'sa',
    seed: '2',
    baseline: '',
    target_sparsity: '',
    global_sparsity: '0.86',
    mean_layer_sparsity: '0.86',
    zeros: `${run.zeros}`,
    tuning_loss: `${run.final.loss}`,
    tuning_accuracy: '0.95',
    validation_loss: `${run.validation.loss}`,
    validation_accuracy: `${run.validation.accuracy}`,
    test_loss: `${run.test.loss}`,
    test_accuracy: '0.95',
    unpruned_accuracy: '0.96',
    cost: `${run.final.cost}`,
    trade_off: `${run.tradeOff}`,
    evaluations: '1000',
    seconds: '12.5',
  });
  assert.equal(
    ofKind('matched')
      .slice(3 * 14, 4 * 14)
      .map(({ split_seed, seed, baseline, zeros, test_accuracy }) => [
        split_seed,
        seed,
        baseline,
        Number(zeros),
        Number(test_accuracy),
      ]),
    TUNED_BASELINE_NAMES.map((name, i) => ['2', '2', name, run.zeros, run.matched[i]!.test.accuracy]),
  );
  const { split_seed, seed, evaluations, global_sparsity, tuning_accuracy, validation_accuracy } =
    ofKind('validation')[10]!;
  const ofPoint = [split_seed, seed, evaluations, global_sparsity, tuning_accuracy, validation_accuracy];
  assert.equal(ofPoint, ['2', '2', '300', '0.715', '0.96', '0.95']);
  const front = ofKind('front')[11]!;
  const ofFront = [front['global_sparsity'], Number(front['test_accuracy'])];
  assert.equal(ofFront, ['0.85', run.front[2]!.test.accuracy]);
  const point = ofKind('curve')[12 * 18 + 18]!;
  const ofCurve = [point['split_seed'], point['baseline'], point['target_sparsity'], point['seed']];
  assert.equal(ofCurve, ['2', 'magnitude-uniform', '0.1', '']);
  assert.equal([point['unpruned_accuracy'], point['tuning_loss']], ['0.96', '']);
});

test('a seed that is no number ends neither its field nor its row', () => {
  const paper = withSplit(fakePaper(1), { curves: [] });
  const seed = 'a,"b"\nc';
  const text = compareCsv({ ...paper, runs: [{ ...paper.runs[0]!, seed, matched: [] }] });
  assert.match(text, '\nrun,0,sa,"a,""b""\nc",,');
  const tuned = fakeTuned(1, 1);
  assert.match(compareCsv({ ...tuned, runs: [{ ...tuned.runs[0]!, seed }] }), '\nrun,1,sa,"a,""b""\nc",,');
});

test.run();
