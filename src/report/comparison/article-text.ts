/** A comparison for a terminal. */
import {
  baselineTradeOff,
  fixedSpread,
  isPartial,
  matchedTo,
  meanOf,
  methodsOf,
  searchedLayers,
  type MatchedBaseline,
  type MethodRuns,
} from './article-figures.ts';
import type { Comparison } from './article.ts';
import { fixed } from '../text/numbers.ts';
import type { Score } from '../../search/contract.ts';
import { BASELINE_DEVIATION, METHOD_ABBREVIATIONS } from '../text/words.ts';

interface Column {
  /** In two lines, so that 110 columns are enough. */
  readonly head: readonly [string, string];
  /** Left out if the search saw the test images. */
  readonly test?: true;
  readonly cell: (figures: Figures) => string;
}

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

/** Sparsities and accuracies are in percent, losses in nats. */
const columns: readonly Column[] = [
  {
    head: ['test', 'accuracy %'],
    test: true,
    cell: ({ test }) => fixedSpread(percents(test.map(({ accuracy }) => accuracy)), 2),
  },
  {
    head: ['search', 'acc. %'],
    cell: ({ search }) => mean(percents(search.map(({ accuracy }) => accuracy)), 2),
  },
  {
    head: ['test', 'loss'],
    test: true,
    cell: ({ test }) =>
      mean(
        test.map(({ loss }) => loss),
        4,
      ),
  },
  {
    head: ['search', 'loss'],
    cell: ({ search }) =>
      mean(
        search.map(({ loss }) => loss),
        4,
      ),
  },
  { head: ['mean-layer', 'sparsity %'], cell: ({ meanLayer }) => mean(percents(meanLayer), 2) },
  { head: ['global', 'spars. %'], cell: ({ global }) => mean(percents(global), 2) },
  { head: ['trade-off', 'score'], cell: ({ tradeOff }) => mean(tradeOff, 4) },
  { head: ['', 'evals'], cell: ({ evaluations = [] }) => mean(evaluations, 0) },
  { head: ['', 'seconds'], cell: ({ seconds = [] }) => mean(seconds, 1) },
];

/**
 * The cells of a table, the head first: the unpruned network, then each search with the baselines at its global sparsity
 * below it. Figures are means over the seeds, the test accuracy with its sample standard deviation. In columns two
 * apart it is at most 110 wide; what was not measured is "-".
 */
export function compareRows(comparison: Comparison): string[][] {
  const { search, test } = comparison.unpruned;
  const shown = columns.filter((column) => comparison.heldOut || !column.test);
  const row = (name: string, figures: Figures) => [
    name,
    ...shown.map(({ cell }) => cell(figures).replaceAll('\u00a0', ' ')),
  ];
  return [
    ...([0, 1] as const).map((line) => ['', ...shown.map(({ head }) => head[line])]),
    row('unpruned', {
      search: [search],
      test: test ? [test] : [],
      meanLayer: [0],
      global: [0],
      tradeOff: [0],
    }),
    ...methodsOf(comparison).flatMap((group) => [
      row(runsName(group), runsFigures(group)),
      ...matchedTo(comparison, group.method).map((matched) =>
        row(`  ${matched.baseline}`, matchedFigures(comparison, matched)),
      ),
    ]),
  ];
}

/** What the rows and figures of the table are. */
export function compareNotes(comparison: Comparison): string {
  const { seeds, heldOut } = comparison;
  return [
    `Indented: masks that need no search, at the same global sparsity as the search above them.`,
    ...(isPartial(comparison)
      ? [`The searches pruned ${searchedLayers(comparison).join(', ')} alone, the others all layers.`]
      : []),
    ...(seeds.length > 1
      ? [
          `Means over ${seeds.length} seeds${heldOut ? `, ± sample standard deviation:\n${BASELINE_DEVIATION}` : ''}.`,
        ]
      : []),
    ...(heldOut ? [] : ['There are no test figures: the searches saw the test images.']),
  ].join('\n');
}

function runsName({ method, runs }: MethodRuns): string {
  return `${METHOD_ABBREVIATIONS[method]}, ${runs.length === 1 ? '1 seed' : `${runs.length} seeds`}`;
}

function runsFigures({ runs }: MethodRuns): Figures {
  return {
    search: runs.map(({ final }) => final),
    test: runs.flatMap(({ test }) => test ?? []),
    meanLayer: runs.map(({ final }) => final.sparsity.meanLayer),
    global: runs.map(({ final }) => final.sparsity.global),
    tradeOff: runs.map(({ tradeOff }) => tradeOff),
    evaluations: runs.map(({ work }) => work.candidates),
    seconds: runs.map(({ seconds }) => seconds),
  };
}

function matchedFigures(comparison: Comparison, { points }: MatchedBaseline): Figures {
  return {
    search: points.map(({ search }) => search),
    test: points.flatMap(({ test }) => test ?? []),
    meanLayer: points.map(({ sparsity }) => sparsity.meanLayer),
    global: points.map(({ sparsity }) => sparsity.global),
    tradeOff: points.map((point) => baselineTradeOff(point, comparison)),
  };
}

function mean(values: readonly number[], digits: number): string {
  return values.length === 0 ? '-' : fixed(meanOf(values), digits);
}

function percents(fractions: readonly number[]): number[] {
  return fractions.map((fraction) => 100 * fraction);
}
