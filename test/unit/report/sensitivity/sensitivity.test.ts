/** The files and the text of a sensitivity analysis. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sensitivityCsv } from '../../../../src/report/sensitivity/csv.ts';
import { sensitivityHtml } from '../../../../src/report/sensitivity/html.ts';
import { shareText } from '../../../../src/report/sensitivity/ranking.ts';
import { sensitivityJson } from '../../../../src/report/sensitivity/result.ts';
import { sensitivityText } from '../../../../src/report/sensitivity/text.ts';
import { plain } from '../../../../src/report/text/numbers.ts';
import { csvRows } from '../csv-rows.ts';
import { charts, marks, textOf } from '../markup.ts';
import {
  assertAccessible,
  assertDrawsNumbers,
  assertEscaped,
  assertStandalone,
  assertTells,
  EVIL,
} from '../page.ts';
import { fakeSensitivity as result, frozenSensitivity as frozen } from './fake-sensitivity.ts';

const labels = (chart: string, label: string) => chart.split(`>${label}</text>`).length - 1;

const page = sensitivityHtml(result);

test('the page loads nothing, is accessible and the same each time', () => {
  for (const one of [page, sensitivityHtml(frozen)]) {
    assertStandalone(one);
    assertAccessible(one);
    assertDrawsNumbers(one);
  }
  assert.is(sensitivityHtml(result), page);
});

test('the page has every figure', () =>
  assertTells(page, [
    'large is the most sensitive layer, conv1 the least',
    'With 90 % of its weights pruned, large is the most sensitive layer: the loss changes by +1.9500 nats. conv1 is the least sensitive: +1.7500 nats (repaired +0.2600).',
    'Each layer of mine.onnx was pruned alone, all others unpruned, and the network evaluated on 1,600 tuning images.',
    'fitted by least squares on 6,000 calibration images',
    'From the most to the least sensitive at 90 %: large, conv2, conv1. With repair: conv1, conv2. Not repaired, as an output has too many inputs: large.',
    'Layer Weights 50 % 90 % 99.5 %',
    'conv1 1,000 90.00 80.00 70.00',
    'conv1 1,000 95.00 94.90 94.80',
    'conv2 2,000 1.1000 2.1000 3.1000',
    'conv2 2,000 0.4000 0.4100 0.4200',
    'large 3,000 – – –',
    'WebAssembly: WebAssembly SIMD; 12.3 s. Written by masksearch 0.1.0.',
  ]));

test('the charts have a mark for every figure, frozen and repaired on one scale', () => {
  const drawn = charts(page);
  assert.is(drawn.length, 4, 'two figures, each wide and narrow');
  for (const chart of drawn) {
    assert.is(marks(chart), 3 * 3 + 2 * 3);
    for (const sparsity of ['50', '99.5']) assert.is(labels(chart, sparsity), 2);
  }
  assert.match(drawn[0]!, '>accuracy, frozen (%)</text>');
  assert.match(drawn[0]!, '>accuracy, repaired (%)</text>');
  assert.match(drawn[2]!, '>loss, frozen (nats)</text>');
  // Losses go to 3.2 frozen, and to 0.5 repaired.
  assert.is(labels(drawn[2]!, '4'), 2);
});

test('where nothing was repaired, quality and loss are beside each other, and nothing speaks of repair', () => {
  const drawn = charts(sensitivityHtml(frozen));
  assert.is(drawn.length, 2);
  assert.is(marks(drawn[0]!), 2 * 3 * 3);
  assert.match(drawn[0]!, '>accuracy, frozen (%)</text>');
  assert.match(drawn[0]!, '>loss, frozen (nats)</text>');
  assert.not.match(textOf(sensitivityHtml(frozen)), /With repair|Repaired:/);
  assert.not.match(sensitivityText(frozen), /repair/);
});

test('names are texts', () => {
  const layers = result.layers.map((layer) => ({ ...layer, name: EVIL }));
  assertEscaped(sensitivityHtml({ ...result, model: EVIL, layers }), 8);
});

test('the terminal shows both tables and the ranking', () => {
  const lines = sensitivityText(result).split('\n');
  assert.equal(lines.slice(0, 5), [
    'accuracy in % on 1,600 tuning images, unpruned 97.50, one layer alone pruned',
    '',
    '                  50 %   90 %  99.5 %',
    'conv1    frozen  90.00  80.00   70.00',
    '       repaired  95.00  94.90   94.80',
  ]);
  assert.ok(lines.includes('loss in nats on 1,600 tuning images, unpruned 0.2500, one layer alone pruned'));
  assert.ok(lines.includes('large    frozen  1.2000  2.2000  3.2000'));
  assert.ok(lines.includes('       repaired       –       –       –'));
  assert.match(
    lines.at(-4)!,
    /^With 90 % of its weights pruned, large is the most sensitive layer: .* conv1 is/,
  );
  assert.equal(lines.slice(-3), [
    'From the most to the least sensitive at 90 %: large, conv2, conv1.',
    'With repair: conv1, conv2.',
    'Not repaired, as an output has too many inputs: large.',
  ]);
});

test('a single layer, a regression, another split, and dozens of layers', () => {
  const one = { ...result, layers: result.layers.slice(0, 1) };
  assert.match(
    sensitivityText(one),
    /With 90 % of its weights pruned, conv1 is the only layer: the loss changes by \+1\.7500/,
  );
  assert.not.match(sensitivityText(one), /From the most/);
  assertTells(sensitivityHtml(one), ['The sensitivity of conv1']);

  const regression = sensitivityText({ ...result, task: 'regression', split: 'test', images: 1 });
  assert.match(regression, /^R² on 1 image of the test split, unpruned 0\.7500, one/);
  assert.match(regression, /\+1\.9500 1 − R²/);

  const many = {
    ...result,
    layers: Array.from({ length: 40 }, (_, i) => ({
      ...result.layers[i % 3]!,
      name: `${'x'.repeat(60)}${i}`,
    })),
  };
  assert.match(sensitivityHtml(many), /class="scroll tall"/);
  for (const line of sensitivityText(many).split('\n').slice(0, -4)) assert.ok(line.length <= 100, line);
  assert.match(sensitivityText(many).split('\n').at(-1)!, /, …, /);
});

test('shares have as many decimals as they need', () => {
  const shares = [0.5, 0.995, 0.9375, 1, 0.57, 0.29].map((sparsity) =>
    shareText({ sparsity }, plain.percent),
  );
  assert.equal(shares, ['50 %', '99.5 %', '93.75 %', '100 %', '57 %', '29 %']);
});

test('the CSV file has a row for each figure, the JSON file all of it', () => {
  const text = sensitivityCsv(result);
  const rows = csvRows(text, 'layer,weights,sparsity,zeros,loss,accuracy,repaired_loss,repaired_accuracy');
  assert.is(rows.length, 1 + 3 * 3);
  assert.equal(Object.values(rows[0]!), ['', '', '', '', '0.25', '0.975', '', '']);
  const { frozen: score, repaired } = result.layers[1]!.points[2]!;
  assert.equal(
    Object.values(rows[6]!),
    ['conv2', 2000, 0.995, 1990, score.loss, score.accuracy, repaired!.loss, repaired!.accuracy].map(String),
  );
  assert.equal(Object.values(rows[9]!).slice(6), ['', '']);
  assert.equal(JSON.parse(sensitivityJson(result)), JSON.parse(JSON.stringify(result)));
});

test.run();
