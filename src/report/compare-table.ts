/** A comparison for a terminal. */
import {
  baselineTradeOff,
  fixedSpread,
  matchedTo,
  meanOf,
  methodsOf,
  type MatchedBaseline,
  type MethodRuns,
} from './compare-figures.ts';
import type { Comparison } from './comparison.ts';
import { fixed } from './format.ts';
import type { Score } from './result.ts';
import { METHOD_ABBREVIATIONS } from './words.ts';

/** In two lines, so that 110 columns are enough. Sparsities and accuracies are in percent, losses in nats. */
const head = [
  ['', 'test', 'search', 'test', 'search', 'mean-layer', 'global', 'trade-', '', ''],
  ['', 'accuracy %', 'acc. %', 'loss', 'loss', 'sparsity %', 'spars. %', 'off', 'evals', 'seconds'],
];

interface Figures {
  readonly search: readonly Score[];
  /** Empty if the search saw the test images. */
  readonly test: readonly Score[];
  readonly meanLayer: readonly number[];
  readonly global: readonly number[];
  readonly tradeOff: readonly number[];
  readonly evaluations?: readonly number[];
  readonly seconds?: readonly number[];
}

/**
 * The cells of a table, the head first: the unpruned network, then each search with the baselines at its global sparsity
 * below it. Figures are means over the seeds, the test accuracy with its sample standard deviation. In columns two apart
 * it is at most 110 wide; what was not measured is "-".
 */
export function compareRows(comparison: Comparison): string[][] {
  const { search, test } = comparison.baseline;
  const unpruned = row('unpruned', {
    search: [search],
    test: test ? [test] : [],
    meanLayer: [0],
    global: [0],
    tradeOff: [0],
  });
  const groups = methodsOf(comparison).flatMap((group) => [
    runsRow(group),
    ...matchedTo(comparison, group.method).map((matched) => matchedRow(comparison, matched)),
  ]);
  return [...head, unpruned, ...groups];
}

function runsRow({ method, runs }: MethodRuns): string[] {
  const seeds = runs.length === 1 ? '1 seed' : `${runs.length} seeds`;
  return row(`${METHOD_ABBREVIATIONS[method]}, ${seeds}`, {
    search: runs.map(({ final }) => final),
    test: runs.flatMap(({ test }) => test ?? []),
    meanLayer: runs.map(({ final }) => final.sparsity.meanLayer),
    global: runs.map(({ final }) => final.sparsity.global),
    tradeOff: runs.map(({ tradeOff }) => tradeOff),
    evaluations: runs.map(({ work }) => work.candidates),
    seconds: runs.map(({ seconds }) => seconds),
  });
}

function matchedRow(comparison: Comparison, { baseline, points }: MatchedBaseline): string[] {
  return row(`  ${baseline}`, {
    search: points.map(({ search }) => search),
    test: points.flatMap(({ test }) => test ?? []),
    meanLayer: points.map(({ sparsity }) => sparsity.meanLayer),
    global: points.map(({ sparsity }) => sparsity.global),
    tradeOff: points.map((point) => baselineTradeOff(point, comparison)),
  });
}

function row(name: string, figures: Figures): string[] {
  const { search, test, meanLayer, global, tradeOff, evaluations = [], seconds = [] } = figures;
  const mean = (values: readonly number[], digits: number) =>
    values.length === 0 ? '-' : fixed(meanOf(values), digits);
  const percents = (fractions: readonly number[]) => fractions.map((fraction) => 100 * fraction);
  const testAccuracies = percents(test.map(({ accuracy }) => accuracy));
  return [
    name,
    testAccuracies.length === 0 ? '-' : fixedSpread(testAccuracies, 2).replaceAll('\u00a0', ' '),
    mean(percents(search.map(({ accuracy }) => accuracy)), 2),
    mean(
      test.map(({ loss }) => loss),
      4,
    ),
    mean(
      search.map(({ loss }) => loss),
      4,
    ),
    mean(percents(meanLayer), 2),
    mean(percents(global), 2),
    mean(tradeOff, 4),
    mean(evaluations, 0),
    mean(seconds, 1),
  ];
}
