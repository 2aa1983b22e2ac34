import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compareHtml } from '../../../src/report/compare-html.ts';
import type { Comparison } from '../../../src/report/comparison.ts';
import { fakeComparison } from './fake-comparison.ts';
import { charts, marks, occurrences, textOf } from './markup.ts';

const one = fakeComparison(1);
const several = fakeComparison(3);
const page = compareHtml(one);
const pageOfSeveral = compareHtml(several);

/** Where the texts of a chart are, as ECharts places them. */
function chartTexts(chart: string): readonly string[] {
  return [...chart.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!);
}

test('the file loads and runs nothing', () => {
  assert.not.match(page, /<(script|link|img|iframe|object|embed|image|use)\b/i);
  assert.not.match(page, /https?:|@import|url\(|\bon\w+=|\b(src|href)=/i);
  assert.match(page, /http-equiv="Content-Security-Policy"\s+content="default-src 'none';/);
  assert.is(occurrences(page, /<style/g), 1);
  assert.not.match(page, /zr\d|ecmeta|CDATA|\sid=/);
  assert.is(compareHtml(one), page);
});

test('the file is accessible: language, title, headings in order, named charts', () => {
  assert.match(page, /<html lang="en">/);
  const levels = [...page.matchAll(/<h(\d)/g)].map(([, level]) => level).join('');
  assert.match(levels, /^12+$/);
  assert.is(occurrences(page, /<th\b/g), occurrences(page, /<th scope="(col|row)"/g));
  assert.is(charts(page).length, 6);
  for (const chart of charts(page)) {
    assert.match(chart, /role="img"/);
    assert.match(chart, /aria-label="[^"]{80,}"/);
  }
});

test('the tables have the figures', () => {
  const text = textOf(page);
  for (const figure of [
    'Seeds – 1 1',
    'Accuracy, test images 97.40 % 86.90 % 88.48 %',
    'Loss, test images (nats) 0.1013 1.0050 0.9800',
    'Accuracy, search images 97.23 % 87.44 % 89.02 %',
    'Loss, search images (nats) 0.0895 0.9850 0.9600',
    'Mean-layer sparsity 0.00 % 43.84 % 41.20 %',
    'Global sparsity 0.00 % 47.89 % 51.93 %',
    'Trade-off score 0.0000 0.3911 0.3743',
    'Evaluations – 1,419 1,412',
    'Seconds – 84.4 198.6',
    'simulated annealing – 86.90 % 1.0050 87.44 % 0.9850 43.84 % 47.89 % 0.3911',
    'random masks −32.94 53.96 % 1.1941 53.88 % 1.1881 47.89 % 47.89 % 0.2653',
    'magnitude, one threshold for all layers +8.85 97.33 % 0.1032 97.16 % 0.0914 33.75 % 51.93 % 0.3373',
    'Cap (nats) 0.125 0.375 0.75 0.875 1',
    'SA, seed 1 98.50 % 98.50 % 98.50 % 98.50 % 98.50 %',
    'SA, seed 1 66.00 % 59.00 % 54.00 % 18.00 % 22.18 % 43.84 % 47.89 %',
    'Images searched 2,000, split “search”',
    'Test images 8,000',
    'Device WebGPU: google, swiftshader, SwiftShader Device',
    'Time 15 min 1 s',
    'Candidates judged 1,419 1,412 96',
    'Forward passes 1,001 1,001 1,001',
    'Images evaluated 2,002,000 2,002,000',
    '… saved by the shortcuts factor 2.70 factor 2.70 –',
    'maxLossPenalty 100,000,000 –',
    'populationSize – 12',
    'SA, seed 1: all 80 accepted steps',
    'GA, seed 1: all 100 generations',
    'compare.json has every digit',
    ...one.runs.map(({ digest }) => digest),
    'masksearch 0.1.0',
  ]) {
    assert.ok(text.includes(figure), figure);
  }
});

test('several seeds have means, deviations and rows of their own', () => {
  const text = textOf(pageOfSeveral);
  for (const figure of [
    'Seeds – 1, 2, 3 1, 2, 3',
    'Accuracy, test images 97.40 % 86.68 ± 0.20 % 88.26 ± 0.20 %',
    'Evaluations – 1,426 ± 7 1,412',
    'SA, seed 3',
    'GA, seed 3: all 100 generations',
    'mean ± sample standard deviation',
  ]) {
    assert.ok(text.includes(figure), figure);
  }
  assert.is(occurrences(pageOfSeveral, /<details>/g), 6);
  assert.not.match(textOf(page), '±');
});

test('the curves have a mark for each point and a star for each search', () => {
  for (const comparison of [one, several]) {
    for (const chart of charts(compareHtml(comparison)).slice(0, 2)) {
      assert.is(marks(chart), 4 * 18);
      for (const fill of ['text', 'surface']) {
        const stars = new RegExp(`<path [^>]*fill="var\\(--${fill}\\)" stroke="var\\(--text\\)"`, 'g');
        assert.is(occurrences(chart, stars), comparison.seeds.length);
      }
      assert.is(occurrences(chart, /stroke-dasharray/g), 1);
      const texts = chartTexts(chart);
      assert.ok(texts.includes('global sparsity (%)') && texts.includes('test accuracy (%)'));
    }
  }
});

test('the course has a panel for each method and measure, with a mark per step', () => {
  for (const comparison of [one, several]) {
    const steps = comparison.runs.reduce((sum, { history }) => sum + history.length, 0);
    for (const chart of charts(compareHtml(comparison)).slice(2, 4)) {
      assert.is(marks(chart), 3 * steps);
      // The unpruned network: no cost, accuracy and loss for both methods.
      assert.is(occurrences(chart, /stroke-dasharray/g), 4);
      const texts = chartTexts(chart);
      for (const method of ['SA', 'GA']) {
        for (const measure of ['cost (no unit, log scale)', 'accuracy (%)', 'loss (nats)']) {
          assert.ok(texts.includes(`${method}: ${measure}`), measure);
        }
      }
      assert.is(texts.filter((text) => text === 'mean-layer sparsity (%)').length, 6);
    }
  }
});

test('the layers have a bar and a figure for each method and measure, and caps in the panel of losses', () => {
  for (const chart of charts(page).slice(4)) {
    // Each layer's last row is the end of its steps.
    const last = one.runs.flatMap(({ history }) =>
      one.layers.map(({ position }) => history.findLast(({ layer }) => layer === position)!),
    );
    const texts = chartTexts(chart);
    for (const { cost, accuracy, loss } of last) {
      for (const text of [cost.toFixed(2), (100 * accuracy).toFixed(2), loss.toFixed(3)]) {
        assert.ok(texts.includes(text), text);
      }
    }
    for (const { name } of one.layers) assert.is(texts.filter((text) => text === name).length, 3);
    for (const fill of ['text', 'surface']) {
      const bars = new RegExp(`<path [^>]*fill="var\\(--${fill}\\)" stroke="var\\(--text\\)"`, 'g');
      assert.is(occurrences(chart, bars), 3 * one.layers.length, fill);
    }
    assert.is(occurrences(chart, /<path [^>]*fill="var\(--layer-1\)"/g), one.layers.length);
    for (const name of ['cost (no unit)', 'accuracy (%)', 'loss (nats)']) assert.ok(texts.includes(name));
    assert.match(chart, /caps conv1 0\.125, conv2 0\.375, fc1 0\.75, fc2 0\.875, out 1\./);
  }
});

test('bars are means over the seeds that have a row for the layer', () => {
  const [first, second, ...others] = fakeComparison(2).runs;
  const at = (loss: number) => [{ ...first!.history[0]!, loss }];
  const runs = [{ ...first!, history: at(0.1) }, { ...second!, history: at(0.2) }, ...others];
  const chart = charts(compareHtml({ ...several, runs }))[4]!;
  assert.match(chart, /simulated annealing conv1 0\.150, conv2 –, fc1 –, fc2 –, out –/);
  assert.ok(chartTexts(chart).includes('–'));
});

test('without held-out images it says so and has no test figures', () => {
  const text = textOf(compareHtml(fakeComparison(2, false)));
  assert.match(text, /No held-out images: the searches saw test images \(split “test”\)/);
  assert.match(text, 'Test images none held out');
  assert.match(text, 'accuracy on the images searched (%)');
  assert.not.match(text, 'test accuracy');
  assert.not.match(text, 'Test accuracy');
  assert.not.match(text, ', test images');
});

test('texts from files and drivers are escaped everywhere', () => {
  const evil = `<script>alert("1")</script>&'`;
  const named: Comparison = {
    ...one,
    seeds: [evil],
    split: evil,
    heldOut: false,
    device: { ...one.device, vendor: evil, description: evil },
    layers: one.layers.map((layer) => ({ ...layer, name: evil })),
    runs: one.runs.map((run) => ({ ...run, seed: evil, digest: evil, parameters: { [evil]: evil } })),
    version: evil,
  };
  const text = compareHtml(named);
  assert.not.match(text, /<script/i);
  assert.not.match(text, 'alert("');
  assert.not.match(text, /&(?!amp;|lt;|gt;|quot;|#39;)/);
  assert.ok(occurrences(text, /&lt;script&gt;/g) > 40);
});

test('without any history there are sentences and the other charts', () => {
  const empty = compareHtml({ ...one, runs: one.runs.map((run) => ({ ...run, history: [] })) });
  assert.match(textOf(empty), /The histories are empty/);
  assert.is(charts(empty).length, 4);
  assert.not.match(empty, '<details>');
});

test('one method alone has its own columns only', () => {
  const alone = compareHtml({ ...one, runs: one.runs.slice(0, 1) });
  assert.not.match(alone, 'GA: cost');
  assert.is(marks(charts(alone)[2]!), 3 * 80);
});

test('very many steps are lines without marks, and all are in the tables', () => {
  const many = one.runs.map((run) => ({
    ...run,
    history: run.history.flatMap((row) => Array.from({ length: 12 }, () => row)),
  }));
  const long = compareHtml({ ...one, runs: many });
  assert.is(marks(charts(long)[2]!), 0);
  assert.is(occurrences(long.slice(long.indexOf('<details>')), /<tr>/g), 12 * 180 + 2);
});

test('numbers that are not finite do not break it', () => {
  const odd = one.runs.map((run) => ({
    ...run,
    tradeOff: NaN,
    history: [
      { ...run.history[0]!, accuracy: NaN, loss: Infinity, sparsity: NaN, cost: NaN },
      ...run.history,
    ],
  }));
  const text = compareHtml({ ...one, runs: odd, seconds: NaN });
  assert.match(textOf(text), 'Trade-off score 0.0000 NaN NaN');
  for (const chart of charts(text)) assert.not.match(chart.replace(/aria-label="[^"]*"/, ''), /NaN|Infinity/);
});

test.run();
