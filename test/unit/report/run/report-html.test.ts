import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { percent } from '../../../../src/report/text/numbers.ts';
import { reportHtml } from '../../../../src/report/run/report-html.ts';
import type { FrontPoint, PruneResult } from '../../../../src/report/run/result.ts';
import type { HistoryRow } from '../../../../src/search/contract.ts';
import { fakeHistory, result, tunedResult, without } from './fake-result.ts';
import { charts, marks, occurrences, textOf } from '../markup.ts';
import {
  assertAccessible,
  assertDrawsNumbers,
  assertEscaped,
  assertStandalone,
  assertTells,
  EVIL,
} from '../page.ts';

const history = fakeHistory(16);
const page = reportHtml(result, history);

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

test('the headline says what was pruned and what it cost', () => {
  const heading = /<h1>([^]*?)<\/h1>/.exec(page)![1]!;
  assert.is(textOf(heading), '48.32 % of the weights pruned; test accuracy fell from 97.40 % to 86.90 %');
  const same = { ...result, test: { unpruned: result.unpruned, pruned: result.unpruned } };
  assert.match(textOf(reportHtml(same, history)), /test accuracy stayed at 97\.23 %/);
});

test('a run that pruned nothing says so, and what to change', () => {
  const layers = tunedResult.layers.map((layer) => ({ ...layer, kept: layer.weights }));
  const said =
    /Nothing pruned: No weight was pruned: none .* A larger evaluations or maxAccuracyDrop may help\./;
  assert.match(textOf(reportHtml({ ...tunedResult, layers }, history)), said);
  assert.not.match(textOf(reportHtml(tunedResult, history)), 'Nothing pruned');
});

test('the file loads and runs nothing, and is the same each time', () => {
  assertStandalone(page);
  assert.is(reportHtml(result, history), page);
});

test('the file is accessible: language, title, headings in order, named charts', () => {
  assertAccessible(page);
  assert.match(page, /<title>[^<]*48\.32[^<]*<\/title>/);
});

test('the tables have the figures', () =>
  assertTells(page, [
    'Accuracy, test images 97.40 % 86.90 %',
    'Loss, test images (nats) 0.1013 1.0121',
    'Accuracy, tuning images 97.23 % 87.44 %',
    'Loss, tuning images (nats) 0.0895 0.9923',
    'Mean-layer sparsity 0.00 % 43.84 % Global sparsity 0.00 % 48.32 %',
    'Trade-off score 0.0000 0.3942',
    'Time 1 min 23 s',
    'Device WebGPU: google, swiftshader, SwiftShader Device',
    'WebGPU check not made',
    'fc1 120×400 48,000 22,080 54.00 %',
    'All 61,470 32,035 48.32 %',
    'maxLossPenalty 100,000,000',
    'Multiply-accumulates 310 billion',
    '… without optimizations 838 billion',
    '… saved by optimizations factor 2.70',
    result.digest,
    'masksearch 0.1.0',
  ]));

test('the charts have a bar per layer and a mark per step in both panels', () => {
  const [layersWide, layersNarrow, stepsWide, stepsNarrow, ...more] = charts(page);
  assert.is(more.length, 0);
  for (const chart of [layersWide!, layersNarrow!]) {
    result.layers.forEach((layer, i) => {
      assert.is(occurrences(chart, new RegExp(`fill="var\\(--layer-${i}\\)"`, 'g')), 1);
      assert.match(chart, `>${layer.name}</text>`);
      assert.match(chart, `>${percent(result.final.sparsity.perLayer[i]!)}</text>`);
    });
    assert.match(chart, '>sparsity (% of the layer’s weights)</text>');
    assert.match(chart, '>layer</text>');
  }
  for (const chart of [stepsWide!, stepsNarrow!]) {
    assert.is(marks(chart), 2 * history.length);
    assert.is(occurrences(chart, /stroke-dasharray/g), 2);
    assert.is(occurrences(chart, />mean-layer sparsity \(%\)<\/text>/g), 2);
    assert.match(chart, '>accuracy (%)</text>');
    assert.match(chart, '>loss (nats)</text>');
  }
  assert.match(stepsWide!, /^<svg\s+class="chart wide"/);
  assert.match(stepsNarrow!, /^<svg\s+class="chart narrow"/);
});

test('very many steps are lines without marks, and all are in the table', () => {
  const many = fakeHistory(400);
  const long = reportHtml(result, many);
  const [, , wide] = charts(long);
  assert.is(marks(wide!), 0);
  assert.is(occurrences(wide!, /fill="none" stroke="var\(--layer-\d\)"/g), 2 * result.layers.length);
  assert.is(occurrences(long.slice(long.indexOf('<details>')), /<tr>/g), many.length + 1);
});

test('texts from files and drivers are escaped everywhere', () => {
  const named: PruneResult = {
    ...result,
    seed: EVIL,
    split: EVIL,
    heldOut: false,
    device: { ...result.device, vendor: EVIL, description: EVIL },
    parameters: { [EVIL]: EVIL },
    layers: result.layers.map((layer) => ({ ...layer, name: EVIL })),
    check: { adapter: EVIL, software: false, images: 10, loss: 1, referenceLoss: 1 },
    digest: EVIL,
    version: EVIL,
  };
  // Legend, tables and the labels of both bar charts.
  assertEscaped(reportHtml(named, history), 21);
});

test('a result without held-out images says so and has no test figures', () => {
  const repeated: Mutable<PruneResult> = { ...result, heldOut: false, split: 'all' };
  delete repeated.test;
  const text = textOf(reportHtml(repeated, history));
  assert.match(text, /No held-out images: the search saw test images \(split “all”\)/);
  assert.match(text, /accuracy on the tuning images fell from 97\.23 % to 87\.44 %/);
  assert.not.match(text, 'test accuracy');
  assert.not.match(text, ', test images');
  assert.not.match(text, 'played no part');
  assert.not.match(textOf(page), 'held-out');
});

test('of the layers it names those that were searched, or all; one image is one', () => {
  const text = (layers: string) =>
    textOf(reportHtml({ ...result, images: 1, parameters: { layers } }, history));
  assert.match(text('conv1,conv2,fc1,fc2,out'), 'layers all');
  assert.match(text('fc1,out'), 'layers fc1, out');
  assert.match(text('out'), 'by their loss on 1 tuning image and pruned');
  assert.match(text('out'), 'Accuracy and loss are on the 1 tuning image.');
});

test('an interrupted search says so', () => {
  const interrupted = reportHtml({ ...result, completed: false }, history);
  assert.match(textOf(interrupted), /Interrupted: the search was stopped/);
  assert.not.match(page, /interrupted/i);
});

test('without a history there is a sentence in place of chart and table', () => {
  const empty = reportHtml(result, []);
  assert.match(textOf(empty), /The history is empty/);
  assert.is(charts(empty).length, 2);
  assert.not.match(empty, '<details>');
});

test('the check on the WebGPU kernels is shown with the reference', () => {
  const losses = { loss: 0.9923163, referenceLoss: 0.992316 };
  const check = { adapter: 'Adapter 1', software: true, images: 2000, ...losses, accuracy: 0.8744 };
  assert.match(
    textOf(reportHtml({ ...result, check }, history)),
    'loss 0.992316 nats, reference 0.992316 (difference 3e-7); accuracy 87.44 %; 2,000 images; on Adapter 1, a GPU emulated in software',
  );
});

test('a genetic algorithm’s rows are generations', () => {
  const generations = history.map((row, i): HistoryRow => ({ ...row, generation: i }));
  const text = textOf(reportHtml({ ...result, method: 'ga' }, generations));
  assert.match(text, 'genetic algorithm');
  assert.match(text, 'All 80 generations');
  assert.match(text, 'Generation Mutation rate');
  assert.not.match(text, 'accepted steps');
});

test('numbers that are not finite do not break it', () => {
  const odd: HistoryRow = { ...history[0]!, accuracy: NaN, loss: Infinity, sparsity: NaN, cost: NaN };
  const text = reportHtml({ ...result, tradeOff: NaN, seconds: NaN }, [odd, ...history]);
  assert.match(textOf(text), 'Trade-off score 0.0000 NaN');
  assertDrawsNumbers(text);
});

// Preset tuned

/** One row for each accepted step of a search that also tells the sparsity of all weights. */
const tunedHistory = history.map((row, i): HistoryRow => ({
  ...row,
  evaluation: 3 * i,
  globalSparsity: row.sparsity / 2,
}));
const tunedPage = reportHtml(tunedResult, tunedHistory);

/** The section under a heading. */
function sectionOf(markup: string, heading: string): string {
  const section = [...markup.matchAll(/<section>[^]*?<\/section>/g)].find(([text]) =>
    text.includes(`<h2>${heading}</h2>`),
  );
  return section?.[0] ?? '';
}

const front = sectionOf(tunedPage, 'Sparsity against loss');

/** A report of the same run, had the search seen the test images. */
function untested(): string {
  const points = tunedResult.front.map((point: FrontPoint) => without(point, 'test'));
  const seen = { ...without(tunedResult, 'test'), heldOut: false, split: 'all', front: points };
  return reportHtml(seen, tunedHistory);
}

test('tuned: it has the numbers of tuning and validation images', () => {
  const text = textOf(tunedPage);
  assert.match(
    text,
    'by their loss on 1,600 tuning images, chose between them by 400 validation images, and pruned',
  );
  assert.match(text, 'Images 1,600 tuning, 400 validation, split “search”');
  assert.match(text, 'Preset, seed tuned, seed 1');
  assert.match(textOf(page), 'Images 2,000 tuning, split “search”');
  assert.not.match(textOf(page), /chose between|\d validation/);
});

test('tuned: the scores stand for test, validation and tuning images', () => {
  assert.match(
    textOf(tunedPage),
    'Accuracy, test images 97.40 % 86.90 % Loss, test images (nats) 0.1013 1.0121 ' +
      'Accuracy, validation images 97.25 % 96.50 % Loss, validation images (nats) 0.0911 0.1122 ' +
      'Accuracy, tuning images 97.23 % 87.44 % Loss, tuning images (nats) 0.0895 0.9923 Mean-layer',
  );
  assert.not.match(textOf(page), 'validation images');
});

test('the model is named', () => {
  assert.match(textOf(page), 'Model the bundled model');
  assert.match(textOf(reportHtml({ ...result, model: 'my model' }, history)), 'Model my model');
});

test('tuned: the front has a table with a row for each point, the result named', () => {
  const table = textOf(front.slice(front.indexOf('<table')));
  assert.match(
    table,
    'Point Global sparsity Loss, tuning Loss, validation Loss, test Accuracy, validation Accuracy, test ' +
      '0 40.21 % 0.0801 0.0902 0.1003 97.20 % 96.30 % ' +
      '1 (result) 48.32 % 0.0844 0.1122 0.1155 97.20 % 96.30 % ' +
      '2 65.43 % 0.1206 0.1507 0.1608 97.20 % 96.30 % ' +
      '3 71.09 % 0.2217 0.2318 0.2419 97.20 % 96.30 %',
  );
  assert.match(textOf(front), 'All 4 states');
});

/** Marks by the number of the line they belong to. */
const marksOfLines = (chart: string) =>
  [0, 1, 2].map((line) => {
    const mark = `<path [^>]*fill="var\\(--layer-${line}\\)" stroke="var\\(--surface\\)"`;
    return occurrences(chart, new RegExp(mark, 'g'));
  });

test('tuned: the front has a mark for each point, set of images and panel', () => {
  const [wide, narrow, ...more] = charts(front);
  assert.is(more.length, 0);
  for (const chart of [wide!, narrow!]) {
    assert.equal(marksOfLines(chart), [8, 8, 8]);
    // A line of each in both panels.
    for (const line of [0, 1, 2]) {
      const pattern = new RegExp(`fill="none" stroke="var\\(--layer-${line}\\)"`, 'g');
      assert.is(occurrences(chart, pattern), 2);
    }
    assert.is(occurrences(chart, />global sparsity \(%\)<\/text>/g), 2);
    assert.match(chart, '>loss, change (nats)</text>');
    assert.match(chart, '>accuracy, change (points)</text>');
    assert.not.match(chart, /NaN|Infinity/);
  }
  const legend = textOf(/<ul class="legend">[^]*?<\/ul>/.exec(front)![0]);
  assert.match(legend, /^ ?tuning images validation images test images $/);
});

test('tuned: of each line the result, its second point, has the larger mark', () => {
  for (const chart of charts(front)) {
    const found = chart.matchAll(/<path [^>]*matrix\(([\d.]+),[^>]*stroke="var\(--surface\)"/g);
    const sizes = [...found].map(([, size]) => Number(size));
    assert.is(sizes.length, 2 * 3 * 4);
    const [usual, large] = sizes;
    assert.ok(large! > usual!);
    assert.equal(sizes, Array.from({ length: 6 }, () => [usual, large, usual, usual]).flat());
  }
});

test('tuned: what the chart says of the result are changes from the unpruned network', () => {
  const [chart] = charts(front);
  assert.match(
    chart!,
    'at 48.32\u00a0%, the losses changed by: ' +
      'tuning images -0.0051, validation images 0.0211, test images 0.0142.',
  );
});

test('tuned: without test images there is no line, column or figure of them', () => {
  const section = sectionOf(untested(), 'Sparsity against loss');
  for (const chart of charts(section)) assert.equal(marksOfLines(chart), [8, 8, 0]);
  assert.not.match(textOf(section), /\btest\b/);
  assert.not.match(section, 'test images');
  assert.match(
    textOf(section),
    'Loss, tuning Loss, validation Accuracy, validation 0 40.21 % 0.0801 0.0902 97.20 % 1 (result)',
  );
});

test('a front of one point has charts too', () => {
  const text = reportHtml({ ...tunedResult, front: [tunedResult.front[1]] }, tunedHistory);
  const section = sectionOf(text, 'Sparsity against loss');
  assert.is(charts(section).length, 2);
  for (const chart of charts(section)) {
    assert.equal(marksOfLines(chart), [2, 2, 2]);
    assert.not.match(chart, /NaN|Infinity/);
  }
});

test('a run without a front has no section of it', () => {
  assert.is(sectionOf(page, 'Sparsity against loss'), '');
  assert.not.match(textOf(page), /Sparsity against loss|cut off/);
  assert.is(sectionOf(reportHtml(without(tunedResult, 'front'), tunedHistory), 'Sparsity against loss'), '');
});

test('tuned: outputs that were cut off are counted and listed, a dozen at most', () => {
  const text = textOf(front);
  assert.match(
    text,
    'Outputs cut off, counted from 0: 1 of 16 outputs of conv2 have no incoming weights left (3); ' +
      '2 of 16 outputs of conv2 have no outgoing weights left (3, 15); ' +
      '13 of 120 outputs of fc1 have no outgoing weights left (0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, …); ' +
      '12 of 84 outputs of fc2 have no incoming weights left (0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55).',
  );
  const deadOutputs = tunedResult.deadOutputs.map((layer) => ({ ...layer, withoutInputs: [], unused: [] }));
  const whole = textOf(reportHtml({ ...tunedResult, deadOutputs }, tunedHistory));
  assert.match(whole, 'No output was cut off: each still has incoming and outgoing weights.');
  assert.not.match(whole, 'Outputs cut off');
});

test('tuned: the course of the search is over the sparsity of all weights', () => {
  const steps = sectionOf(tunedPage, 'Course of the search');
  const [chart] = charts(steps);
  assert.is(occurrences(chart!, />global sparsity \(%\)<\/text>/g), 2);
  assert.not.match(chart!, 'mean-layer');
  assert.is(marks(chart!), 2 * tunedHistory.length);
  const last = tunedHistory.at(-1)!.globalSparsity!;
  assert.match(chart!, `The last: global sparsity ${percent(last)}`);
});

test('more than 2,000 steps are not listed, but drawn', () => {
  const many = fakeHistory(401);
  const text = reportHtml(tunedResult, many);
  const history = sectionOf(text, 'History');
  assert.match(textOf(history), 'The 2,005 accepted steps are in history.csv.');
  assert.not.match(history, /<table|<details/);
  assert.is(charts(sectionOf(text, 'Course of the search')).length, 2);
  const listed = sectionOf(reportHtml(tunedResult, many.slice(0, 2000)), 'History');
  assert.is(occurrences(listed, /<tr>/g), 2001);
  assert.not.match(listed, 'are in history.csv');
});

test('tuned: the file is as accessible, and as self-contained', () => {
  for (const text of [tunedPage, untested()]) {
    assertStandalone(text);
    assertAccessible(text);
    assert.not.match(textOf(text), /NaN|undefined|\[object/);
  }
  assert.is(reportHtml(tunedResult, tunedHistory), tunedPage);
});

test('tuned: the names of layers with outputs that were cut off are escaped', () => {
  const deadOutputs = [{ layer: EVIL, units: 6, withoutInputs: [1], unused: [2] }];
  const text = reportHtml({ ...tunedResult, deadOutputs, model: EVIL }, tunedHistory);
  assertEscaped(text, 3);
});

test.run();
