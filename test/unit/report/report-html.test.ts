import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { percent } from '../../../src/report/format.ts';
import { reportHtml } from '../../../src/report/report-html.ts';
import type { PruneResult } from '../../../src/report/result.ts';
import type { HistoryRow } from '../../../src/search/contract.ts';
import { fakeHistory, result } from './fake-result.ts';
import { charts, marks, occurrences, textOf } from './markup.ts';

const history = fakeHistory(16);
const page = reportHtml(result, history);

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

test('the headline says what was pruned and what it cost', () => {
  const heading = /<h1>([^]*?)<\/h1>/.exec(page)![1]!;
  assert.is(
    textOf(heading),
    `${percent(0.4832)} of the weights pruned; test accuracy fell from ${percent(0.974)} to ${percent(0.869)}`.replaceAll(
      '\u00a0',
      ' ',
    ),
  );
  const same = { ...result, test: { baseline: result.baseline, pruned: result.baseline } };
  assert.match(textOf(reportHtml(same, history)), /test accuracy stayed at 97\.23 %/);
});

test('the file loads and runs nothing', () => {
  assert.not.match(page, /<(script|link|img|iframe|object|embed|image|use)\b/i);
  assert.not.match(page, /https?:|@import|url\(|\bon\w+=|\b(src|href)=/i);
  const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(page)![1]!;
  assert.match(policy, /^default-src 'none';/);
  assert.not.match(policy, 'script');
});

test('the file is accessible: language, title, headings in order, named charts', () => {
  assert.match(page, /<html lang="en">/);
  assert.match(page, /<title>[^<]*48\.32[^<]*<\/title>/);
  const levels = [...page.matchAll(/<h(\d)/g)].map(([, level]) => level).join('');
  assert.match(levels, /^12+$/);
  assert.is(occurrences(page, /<th\b/g), occurrences(page, /<th scope="(col|row)"/g));
  for (const chart of charts(page)) {
    assert.match(chart, /role="img"/);
    assert.match(chart, /aria-label="[^"]{80,}"/);
  }
});

test('the tables have the figures', () => {
  const text = textOf(page);
  for (const figure of [
    'Accuracy, test images 97.40 % 86.90 %',
    'Loss, test images (nats) 0.1013 1.0121',
    'Accuracy, search images 97.23 % 87.44 %',
    'Loss, search images (nats) 0.0895 0.9923',
    'Mean-layer sparsity 0.00 % 43.84 % Global sparsity 0.00 % 48.32 %',
    'Trade-off score 0.0000 0.3942',
    'Time 1 min 23 s',
    'Device WebGPU: google, swiftshader, SwiftShader Device',
    'WebGPU check not made',
    'fc1 120×400 48,000 22,080 54.00 %',
    'All 61,470 32,035 48.32 %',
    'maxLossPenalty 100,000,000',
    'Multiply-accumulates 310 billion',
    'factor 2.70',
    result.digest,
    'masksearch 0.1.0',
  ]) {
    assert.ok(text.includes(figure), figure);
  }
});

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

test('charts leave nothing behind that applies to the whole page or differs between calls', () => {
  assert.is(occurrences(page, /<style/g), 1);
  assert.not.match(page, /zr\d|ecmeta|CDATA|\sid=/);
  assert.is(reportHtml(result, history), page);
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
  const evil = `<script>alert("1")</script>&'`;
  const named: PruneResult = {
    ...result,
    seed: evil,
    split: evil,
    heldOut: false,
    device: { ...result.device, vendor: evil, description: evil },
    parameters: { [evil]: evil },
    layers: result.layers.map((layer) => ({ ...layer, name: evil })),
    check: { adapter: evil, software: false, images: 10, loss: 1, referenceLoss: 1 },
    digest: evil,
    version: evil,
  };
  const text = reportHtml(named, history);
  assert.not.match(text, /<script/i);
  assert.not.match(text, 'alert("');
  assert.not.match(text, /&(?!amp;|lt;|gt;|quot;|#39;)/);
  // Legend, tables and the labels of both bar charts.
  assert.ok(occurrences(text, /&lt;script&gt;/g) > 20);
});

test('a result without held-out images says so and has no test figures', () => {
  const repeated: Mutable<PruneResult> = { ...result, heldOut: false, split: 'all' };
  delete repeated.test;
  const text = textOf(reportHtml(repeated, history));
  assert.match(text, /No held-out images: the search saw test images \(split “all”\)/);
  assert.match(text, /accuracy on the images searched fell from 97\.23 % to 87\.44 %/);
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
  assert.match(text('out'), 'by their loss on 1 image and took');
  assert.match(text('out'), 'those on the 1 image searched');
});

test('an interrupted search says so', () => {
  assert.match(
    textOf(reportHtml({ ...result, completed: false }, history)),
    /Interrupted: the search was stopped/,
  );
  assert.not.match(page, /interrupted/i);
});

test('without a history there is a sentence in place of chart and table', () => {
  const empty = reportHtml(result, []);
  assert.match(textOf(empty), /The history is empty/);
  assert.is(charts(empty).length, 2);
  assert.not.match(empty, '<details>');
});

test('the check on the WebGPU kernels stands beside what it was checked against', () => {
  const check = {
    adapter: 'Adapter 1',
    software: true,
    images: 2000,
    loss: 0.9923163,
    referenceLoss: 0.992316,
    accuracy: 0.8744,
  };
  assert.match(
    textOf(reportHtml({ ...result, check }, history)),
    'loss 0.992316 against 0.992316 nats (3e-7 apart); accuracy 87.44 %; 2,000 images; on Adapter 1, a GPU emulated in software',
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
  for (const chart of charts(text)) assert.not.match(chart.replace(/aria-label="[^"]*"/, ''), /NaN|Infinity/);
});

test.run();
