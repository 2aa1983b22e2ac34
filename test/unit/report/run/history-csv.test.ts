import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { historyCsv } from '../../../../src/report/run/history-csv.ts';
import type { HistoryRow } from '../../../../src/search/contract.ts';

/** The first lines of the author's own files, but for their byte order mark. */
const author = {
  sa: 'layer,temperature,mutation_rate,cost,metrics,loss,sparsity',
  ga: 'layer,generation,mutation_rate,cost,metrics,loss,sparsity',
};

test('the author’s simulated annealing rows come out as he wrote them', () => {
  const rows: HistoryRow[] = [
    {
      layer: 0,
      temperature: 1,
      mutationRate: 0.15,
      cost: 44.117669,
      accuracy: 0.97,
      loss: 0.09586,
      sparsity: 0.022667,
    },
    {
      layer: 7,
      temperature: 0.158773,
      mutationRate: 0.00075,
      cost: 3.096421,
      accuracy: 0.8744,
      loss: 0.992316,
      sparsity: 0.438352,
    },
  ];
  assert.is(
    historyCsv(rows, { method: 'sa', preset: 'paper' }),
    `${author.sa}\n` +
      '0,1,0.15,44.117669,0.97,0.09586,0.022667\n' +
      '7,0.158773,0.00075,3.096421,0.8744,0.992316,0.438352\n',
  );
});

test('the author’s genetic algorithm rows come out as he wrote them', () => {
  const row: HistoryRow = {
    layer: 7,
    generation: 19,
    mutationRate: 0.0075,
    cost: 3.154657,
    accuracy: 0.8902,
    loss: 0.94423,
    sparsity: 0.413345,
  };
  const expected = `${author.ga}\n7,19,0.0075,3.154657,0.8902,0.94423,0.413345\n`;
  assert.is(historyCsv([row], { method: 'ga', preset: 'paper' }), expected);
});

test('an empty history is a header line', () => {
  assert.is(historyCsv([], { method: 'sa', preset: 'paper' }), `${author.sa}\n`);
  assert.is(historyCsv([], { method: 'ga', preset: 'paper' }), `${author.ga}\n`);
});

test('every number reads back as the same float64', () => {
  const row = {
    layer: 2,
    temperature: 1 / 3,
    mutationRate: 0.1 + 0.2,
    cost: 1e8 + 1 / 3,
    accuracy: 5e-324,
    loss: 1.7976931348623157e308,
    sparsity: 2 ** -40,
  };
  const fields = historyCsv([row], { method: 'sa', preset: 'paper' }).split('\n')[1]!.split(',').map(Number);
  assert.equal(fields, Object.values(row));
});

test('a value that a row does not have is an empty field, not a number', () => {
  const row: HistoryRow = { layer: 0, mutationRate: 0.1, cost: 1, accuracy: 0.9, loss: 0.2, sparsity: 0.3 };
  assert.is(historyCsv([row], { method: 'sa', preset: 'paper' }).split('\n')[1], '0,,0.1,1,0.9,0.2,0.3');
});

test.run();
