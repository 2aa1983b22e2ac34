import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PaperComparison } from '../../../../../src/report/comparison/comparison.ts';
import { compareHtml } from '../../../../../src/report/comparison/html.ts';
import { charts, marks, occurrences, textOf } from '../../markup.ts';
import {
  assertAccessible,
  assertDrawsNumbers,
  assertEscaped,
  assertStandalone,
  assertTells,
  EVIL,
} from '../../page.ts';
import { fakePaper } from '../fake-paper.ts';

const one = fakePaper(1);
const several = fakePaper(3);
const page = compareHtml(one);
const pageOfSeveral = compareHtml(several);

/** Where the texts of a chart are, as ECharts places them. */
function chartTexts(chart: string): readonly string[] {
  return [...chart.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!);
}

test('the file loads and runs nothing, and is the same each time', () => {
  assertStandalone(page);
  assert.is(compareHtml(one), page);
});

test('the file is accessible, and its charts are wide and narrow', () => {
  assertAccessible(page);
  assert.is(charts(page).length, 6);
});

test('the tables have the figures', () =>
  assertTells(page, [
    'Seeds – 1 1',
    'Accuracy, test images 97.40 % 86.90 % 88.48 %',
    'Loss, test images (nats) 0.1013 1.0050 0.9800',
    'Accuracy, tuning images 97.23 % 87.44 % 89.02 %',
    'Loss, tuning images (nats) 0.0895 0.9850 0.9600',
    'Mean-layer sparsity 0.00 % 43.84 % 41.20 %',
    'Global sparsity 0.00 % 47.89 % 51.93 %',
    'Trade-off score 0.0000 0.3911 0.3743',
    'Evaluations – 1,419 1,412',
    'Seconds – 84.4 198.6',
    'simulated annealing – 86.90 % 1.0050 87.44 % 0.9850 43.84 % 47.89 % 0.3911',
    'random masks −32.94 53.96 % 1.1941 53.88 % 1.1881 48.84 % 47.85 % 0.2706',
    'magnitude, one threshold for all layers +8.85 97.33 % 0.1032 97.16 % 0.0914 33.75 % 51.89 % 0.3373',
    'Cap (nats) 0.125 0.375 0.75 0.875 1 – –',
    'SA, seed 1 98.50 % 98.50 % 98.50 % 98.50 % 98.50 % 0.9850 98.50 % of out',
    'SA, seed 1 66.00 % 59.00 % 54.00 % 18.00 % 22.18 % 43.84 % 47.89 %',
    'Splits 0',
    'Images to search with split “search”',
    'Test images held out',
    '0 the bundled model 2,000 0 8,000 97.40 % 0.1013',
    'Device WebGPU: google, swiftshader, SwiftShader Device',
    'Time 15 min 1 s',
    'Candidates evaluated 1,419 1,412 96',
    'Forward passes 1,001 1,001 1,001',
    'Images evaluated 2,002,000 2,002,000',
    '… without optimizations 838 billion 838 billion –',
    '… saved by optimizations factor 2.70 factor 2.70 –',
    'maxLossPenalty 100,000,000 –',
    'populationSize – 12',
    'layers all all',
    'SA, seed 1: all 80 accepted steps',
    'GA, seed 1: all 100 generations',
    'compare.json has every digit',
    ...one.runs.map(({ digest }) => digest),
    'masksearch 0.1.0',
  ]));

test('several seeds have means, deviations and rows of their own', () => {
  assertTells(pageOfSeveral, [
    'Seeds – 1, 2, 3 1, 2, 3',
    'Accuracy, test images 97.40 % 86.68 ± 0.20 % 88.26 ± 0.20 %',
    'Evaluations – 1,426 ± 7 1,412',
    'SA, seed 3',
    'GA, seed 3: all 100 generations',
    'mean ± sample standard deviation',
    'simulated annealing – 86.68 ± 0.20 % 1.0050',
    'only from the runs’ different sparsities',
  ]);
  assert.is(occurrences(pageOfSeveral, /<details>/g), 6);
  assert.not.match(textOf(page), '±');
});

/** Centres of the marks of these colours, in the drawing's pixels. */
function centres(chart: string, fill: string, stroke: string): readonly (readonly [number, number])[] {
  const mark = new RegExp(
    `<path [^>]*transform="matrix\\([^,]*,0,0,[^,]*,([^,]*),([^)]*)\\)" fill="var\\(--${fill}\\)" stroke="var\\(--${stroke}\\)"`,
    'g',
  );
  return [...chart.matchAll(mark)].map(([, x, y]) => [Number(x), Number(y)] as const);
}

test('the curves have a mark where each point is, over the whole range and around the searches', () => {
  for (const comparison of [one, several]) {
    const [wide, narrow] = charts(compareHtml(comparison)).slice(0, 2);
    for (const [chart, box, isOverview] of [
      [wide!, { left: 48, top: 36, width: 500, height: 368 }, ([x]: readonly number[]) => x! < 570],
      [narrow!, { left: 44, top: 36, width: 296, height: 308 }, ([, y]: readonly number[]) => y! < 370],
    ] as const) {
      const at = (sparsity: number, accuracy: number) =>
        [box.left + box.width * sparsity, box.top + box.height * (1 - accuracy)] as const;
      const assertAt = (found: readonly (readonly number[])[], expected: readonly (readonly number[])[]) => {
        assert.is(found.length, expected.length);
        found.forEach((point, i) =>
          point.forEach((value, axis) => assert.ok(Math.abs(value - expected[i]![axis]!) < 0.001)),
        );
      };
      ['random', 'magnitude-uniform', 'magnitude-global', 'wanda'].forEach((name, i) => {
        const points = comparison.splits[0].curves.filter(({ baseline }) => baseline === name);
        const expected = points.map(({ sparsity, test: score }) => at(sparsity.global, score!.accuracy));
        assertAt(centres(chart, `layer-${i}`, 'surface').filter(isOverview), expected);
      });
      // Some of the points are around the searches, and are drawn there too.
      assert.ok(marks(chart) > 4 * 18 && marks(chart) < 2 * 4 * 18);
      for (const [method, fill] of [
        ['sa', 'text'],
        ['ga', 'surface'],
      ] as const) {
        const runs = comparison.runs.filter((run) => run.method === method);
        const stars = centres(chart, fill, 'text');
        const mean = (valueOf: (run: (typeof runs)[number]) => number) =>
          runs.reduce((sum, run) => sum + valueOf(run), 0) / runs.length;
        const centre = at(
          mean(({ final }) => final.sparsity.global),
          mean(({ test: score }) => score!.accuracy),
        );
        assertAt(stars.filter(isOverview), [centre]);
        const others = stars.filter((star) => !isOverview(star));
        assert.is(others.length, runs.length);
        assert.is(new Set(others.map(String)).size, runs.length);
      }
      // The unpruned network, in both.
      assert.is(occurrences(chart, /stroke-dasharray/g), 2);
      const texts = chartTexts(chart);
      for (const name of ['global sparsity (%)', 'test accuracy (%)']) {
        assert.is(texts.filter((text) => text === name).length, 2);
      }
    }
    // A cross at the mean of several runs: two bars for each method.
    const bars = /<path d="M[^L"]*L[^"]*" fill="none" stroke="var\(--text\)"/g;
    assert.is(occurrences(wide!, bars), comparison.seeds.length === 1 ? 0 : 4);
  }
});

test('a search outside of what the baselines reach does not break the chart', () => {
  const runs = one.runs.map((run) => ({
    ...run,
    final: { ...run.final, sparsity: { ...run.final.sparsity, global: 0 } },
    test: { loss: 2.3, accuracy: 0 },
  }));
  const [chart] = charts(compareHtml({ ...one, runs }));
  assert.is(centres(chart!, 'text', 'text').length, 2);
  assert.not.match(chart!.replace(/aria-label="[^"]*"/, ''), /NaN|Infinity/);
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

test('the loss of the result stands beside that of the last step, which may be another', () => {
  const [sa, ...others] = one.runs;
  const before = sa!.history.findLast(({ layer }) => layer === 6)!;
  const final = { ...sa!.final, loss: before.loss, cost: before.cost };
  const table = (comparison: PaperComparison) => textOf(compareHtml(comparison));
  const text = table({ ...one, runs: [{ ...sa!, final }, ...others] });
  assert.match(text, 'SA, seed 1 98.50 % 98.50 % 98.50 % 98.50 % 98.50 % 0.8619 98.50 % of fc2');
  assert.match(
    text,
    'Loss after the last accepted step of each layer, as a share of the layer’s cap; and the loss of the',
  );
  const none = table({ ...one, runs: [{ ...sa!, history: [] }, ...others] });
  assert.match(none, 'SA, seed 1 – – – – – 0.9850 –');
});

test('a loss that is only just below its cap is not said to be all of it', () => {
  const [sa, ...others] = one.runs;
  const history = one.layers.map(({ position }, i) => ({
    ...sa!.history[0]!,
    layer: position,
    loss: one.caps[i]! * [0.999_999, 0.999_89, 1, 1.5, 0.5][i]!,
  }));
  const text = textOf(compareHtml({ ...one, runs: [{ ...sa!, history }, ...others] }));
  assert.match(text, 'SA, seed 1 99.99 % 99.99 % 100.00 % 150.00 % 50.00 %');
});

test('searches of some layers are said to be, and their names may be broken over lines', () => {
  const runs = one.runs.map((run) => ({ ...run, parameters: { ...run.parameters, layers: 'fc1,fc2' } }));
  const partial = compareHtml({ ...one, runs });
  assert.match(textOf(partial), 'The searches pruned fc1, fc2 alone, the baselines all layers.');
  assert.is(occurrences(partial, /<td class="number wraps">fc1, fc2<\/td>/g), 2);
  assert.not.match(textOf(page), 'baselines all layers');
});

test('bars are means over the seeds that have a row for the layer', () => {
  const [first, second, ...others] = fakePaper(2).runs;
  const at = (loss: number) => [{ ...first!.history[0]!, loss }];
  const runs = [{ ...first!, history: at(0.1) }, { ...second!, history: at(0.2) }, ...others];
  const chart = charts(compareHtml({ ...several, runs }))[4]!;
  assert.match(chart, /simulated annealing conv1 0\.150, conv2 –, fc1 –, fc2 –, out –/);
  assert.ok(chartTexts(chart).includes('–'));
});

test('without held-out images it says so and has no test figures', () => {
  const text = textOf(compareHtml(fakePaper(2, false)));
  assert.match(text, /No held-out images: the searches saw test images \(split “test”\)/);
  assert.match(text, 'Test images none held out');
  assert.match(text, 'accuracy on the tuning images (%)');
  assert.not.match(text, 'test accuracy');
  assert.not.match(text, 'Test accuracy');
  assert.not.match(text, ', test images');
});

test('texts from files and drivers are escaped everywhere', () => {
  const named: PaperComparison = {
    ...one,
    seeds: [EVIL],
    split: EVIL,
    heldOut: false,
    device: { ...one.device, vendor: EVIL, description: EVIL },
    layers: one.layers.map((layer) => ({ ...layer, name: EVIL })),
    runs: one.runs.map((run) => ({ ...run, seed: EVIL, digest: EVIL, parameters: { [EVIL]: EVIL } })),
    version: EVIL,
  };
  assertEscaped(compareHtml(named), 41);
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
  assertDrawsNumbers(text);
});

test.run();
