/** The article's panels over the course of the searches. */
import {
  doublingRange,
  grids,
  percentAxis,
  roundRange,
  sparsityAxis,
  valueAxis,
  type Box,
} from '../../chart/axes.ts';
import { historyLines, MAX_MARKS, referenceLine } from '../../chart/history-lines.ts';
import { svgChart, type ChartOption } from '../../chart/svg-chart.ts';
import type { Html } from '../../html/html.ts';
import { count } from '../../text/numbers.ts';
import { METHOD_ABBREVIATIONS, METHOD_NAMES } from '../../text/words.ts';
import type { ComparedRow, PaperComparison } from '../comparison.ts';
import { methodsOf } from '../figures.ts';

interface Measure {
  readonly name: string;
  readonly valueOf: (row: ComparedRow) => number;
  /** Of the unpruned network. Its cost, 1e8, would be outside of the panel. */
  readonly unpruned?: number;
  /** Cost falls by half with each doubling of the sparsity: only on this scale do the last steps differ visibly. */
  readonly logarithmic?: boolean;
}

/**
 * Cost, accuracy and loss of the steps of all runs over their mean-layer sparsity, a column for each method with the same
 * axes. There must be at least one step.
 */
export function stepsChart(comparison: PaperComparison): Html {
  const methods = methodsOf(comparison).map(({ method }) => method);
  const steps = comparison.runs.reduce((sum, { history }) => sum + history.length, 0);
  const names = methods.map((method) => METHOD_NAMES[method]);
  const altText =
    `Line charts of cost, accuracy in percent and loss in nats over mean-layer sparsity in percent, for ${names.join(' and ')}: ` +
    `${count(steps)} steps of ${count(comparison.runs.length)} searches. The last values of each layer are in the next chart.`;
  const wide = {
    width: 960,
    height: 3 * 296,
    option: stepsOption(comparison, (row, column) => ({
      left: 48 + 492 * column,
      width: methods.length === 1 ? 896 : 404,
      top: 36 + 296 * row,
      height: 200,
    })),
  };
  const narrow = {
    width: 358,
    height: 3 * methods.length * 256,
    option: stepsOption(comparison, (row, column) => ({
      left: 44,
      width: 298,
      top: 36 + 256 * (methods.length * row + column),
      height: 160,
    })),
  };
  return svgChart(altText, wide, narrow);
}

function stepsOption(comparison: PaperComparison, boxOf: (row: number, column: number) => Box): ChartOption {
  const { tuning } = comparison.splits[0].unpruned;
  const measures: readonly Measure[] = [
    { name: 'cost (no unit, log scale)', valueOf: ({ cost }) => cost, logarithmic: true },
    { name: 'accuracy (%)', valueOf: ({ accuracy }) => 100 * accuracy, unpruned: 100 * tuning.accuracy },
    { name: 'loss (nats)', valueOf: ({ loss }) => loss, unpruned: tuning.loss },
  ];
  const { layers, runs: all } = comparison;
  const groups = methodsOf(comparison);
  const rows = all.flatMap(({ history }) => history);
  const axis = percentAxis(rows.reduce((most, { sparsity }) => (sparsity > most ? sparsity : most), 0));
  const marked = rows.length <= MAX_MARKS;

  const panels = measures.flatMap((measure, row) => {
    const range = rangeOf(measure, rows);
    return groups.map(({ method, runs }, column) => {
      const index = row * groups.length + column;
      const { name, valueOf, unpruned } = measure;
      const lines = runs.flatMap(({ history }) => historyLines({ index, history, layers, marked, valueOf }));
      return {
        box: boxOf(row, column),
        xAxis: sparsityAxis(index, 'mean-layer sparsity (%)', axis),
        yAxis: { ...valueAxis(index, `${METHOD_ABBREVIATIONS[method]}: ${name}`), ...range },
        series: [...(unpruned === undefined ? [] : [referenceLine(index, unpruned, axis.max)]), ...lines],
      };
    });
  });
  return {
    grid: grids(panels.map(({ box }) => box)),
    xAxis: panels.map(({ xAxis }) => xAxis),
    yAxis: panels.map(({ yAxis }) => yAxis),
    series: panels.flatMap(({ series }) => series),
  };
}

function rangeOf({ valueOf, unpruned, logarithmic }: Measure, rows: readonly ComparedRow[]) {
  const values = rows.map(valueOf);
  if (logarithmic) return { type: 'log' as const, logBase: 2, ...doublingRange(values) };
  return roundRange([...values, ...(unpruned === undefined ? [] : [unpruned])], 5);
}
