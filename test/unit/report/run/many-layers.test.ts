/** Reports and summaries of networks with dozens of layers whose names are long. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { progressDescriber } from '../../../../src/cli/terminal/progress.ts';
import { summarize } from '../../../../src/cli/terminal/summary.ts';
import { weightsOf } from '../../../../src/core/mask.ts';
import { problemOf } from '../../../../src/network/problem.ts';
import { tunedSpec } from '../../../../src/pruning/search/spec.ts';
import { layerGroups, layerLegend } from '../../../../src/report/chart/layer-marks.ts';
import { reportHtml } from '../../../../src/report/run/report-html.ts';
import type { PruneResult } from '../../../../src/report/run/result.ts';
import type { EvaluatorWork, Progress } from '../../../../src/search/contract.ts';
import { deepResidual } from '../../../helpers/data/deep-residual.ts';
import { result as lenet5 } from './fake-result.ts';

const network = deepResidual([1, 16, 16], 10);
const { layers } = problemOf(network);
const perLayer = layers.map((_, i) => (i % 20) / 20);
const result: PruneResult = {
  ...lenet5,
  layers: layers.map(({ name, position, shape }, i) => {
    const weights = weightsOf(shape);
    return { name, position, shape, weights, kept: Math.round(weights * (1 - perLayer[i]!)) };
  }),
  final: { ...lenet5.final, sparsity: { meanLayer: 0.475, global: 0.5, perLayer } },
};
const longest = layers.reduce((most, { name }) => Math.max(most, name.length), 0);

test('the network of these tests has many layers with long names', () => {
  assert.is(layers.length, 40);
  assert.ok(longest > 40, `${longest}`);
});

test('groups of layers have all layers, each once, and are about equal', () => {
  for (const count of [1, 5, 12, 13, 40, 161]) {
    const groups = layerGroups(count);
    assert.is(groups.length, count > 12 ? 6 : count);
    const sizes = groups.map(({ first, last }) => last - first + 1);
    assert.is(
      sizes.reduce((a, b) => a + b),
      count,
    );
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, sizes.join());
    groups.slice(1).forEach(({ first }, i) => assert.is(first, groups[i]!.last + 1));
  }
});

test('the legend has a mark for each group, and says where it begins and ends', () => {
  const legend = layerLegend(layers).map(({ markup }) => markup);
  assert.is(legend.length, 6);
  assert.is(new Set(legend.map((markup) => / d="([^"]*)"/.exec(markup)![1])).size, 5);
  assert.match(legend[0]!, /stem to …/);
  assert.match(legend[5]!, /to classifier/);
});

test('the report has every layer in a box that scrolls, and no long name in a chart', () => {
  const report = reportHtml(result, [
    {
      layer: layers[20]!.position,
      mutationRate: 0.1,
      cost: 1,
      accuracy: 0.9,
      loss: 0.2,
      sparsity: 0.1,
      temperature: 1,
    },
  ]);
  const table = report.slice(report.indexOf('Weights of each layer'));
  assert.is(table.slice(0, table.indexOf('</table>')).split('<tr>').length - 1, layers.length + 2);
  assert.match(report, /class="scroll tall" role="region" aria-label="Weights of each layer/);
  assert.match(report, /class="scroll tall" role="region" aria-label="Sparsity of each layer/);
  for (const [, text] of report.matchAll(/<text[^>]*>([^<]*)</g)) assert.ok(text!.length <= 60, text);
});

test('the summary names the least and the most pruned of many layers, on lines of a terminal', () => {
  const options = { folder: 'runs/one', kernelCheck: 'no adapter', checkAsked: false } as const;
  const lines = summarize(result, options).split('\n');
  const line = lines.find((one) => one.startsWith('Per layer'))!;
  assert.match(line, /^Per layer {6}40 layers, from .* 0\.0 % to .* 95\.0 %; the report lists all$/);
  for (const one of lines) assert.ok(one.length <= 130, one);
});

test('the line of progress has its figures within 80 columns', () => {
  const describe = progressDescriber(network, tunedSpec({}));
  const current = { loss: 0.1234, accuracy: 0.9876, sparsity: { meanLayer: 0.5, global: 0.5, perLayer } };
  const layer = layers.find(({ name }) => name.length === longest)!.name;
  const progress = { layer, proposals: 1000, accepted: 100, current } as unknown as Progress;
  const line = describe(progress, {} as EvaluatorWork, 10);
  assert.match(line.slice(0, 79), /1000\/10000 evaluations {2}accepted 100 {2}loss 0\.1234/);
});

test.run();
