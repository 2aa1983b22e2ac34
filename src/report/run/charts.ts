/** The two charts of the report. */
import type { HistoryRow } from '../../search/contract.ts';
import { grids, percentAxis, sparsityAxis, valueAxis, type Box } from '../chart/axes.ts';
import { count, fixed, percent } from '../text/numbers.ts';
import { historyLines, MAX_MARKS, referenceLine, sparsityShown } from '../chart/history-lines.ts';
import type { Html } from '../html/html.ts';
import { layerMark } from '../chart/layer-marks.ts';
import type { PruneResult } from './result.ts';
import {
  chartAxisLine,
  chartGridLine,
  chartText,
  svgChart,
  type ChartOption,
  type Drawing,
} from '../chart/svg-chart.ts';
import { STEP_NAMES } from '../text/words.ts';

/**
 * Accuracy and loss of the steps over their sparsity, one line per layer in the order of the steps,
 * and the unpruned network as a dashed line. `history` must not be empty.
 */
export function stepsChart(result: PruneResult, history: readonly HistoryRow[]): Html {
  const first = history[0]!;
  const last = history.at(-1)!;
  const kind = kindOfSparsity(history);
  const state = (row: HistoryRow) =>
    `${kind} sparsity ${percent(sparsityShown(row))}, accuracy ${percent(row.accuracy)}, loss ${fixed(row.loss, 4)} nats`;
  const alternative =
    `Two line charts of ${count(history.length)} ${STEP_NAMES[result.method]}, accuracy in percent and loss in nats over ${kind} ` +
    `sparsity in percent. The first: ${state(first)}. The last: ${state(last)}.`;

  const wide = {
    width: 960,
    height: 360,
    option: stepsOption(result, history, [
      { left: 48, width: 404, top: 36, height: 262 },
      { left: 540, width: 404, top: 36, height: 262 },
    ]),
  };
  const narrow = {
    width: 358,
    height: 600,
    option: stepsOption(result, history, [
      { left: 44, width: 298, top: 36, height: 200 },
      { left: 44, width: 298, top: 338, height: 200 },
    ]),
  };
  return svgChart(alternative, wide, narrow);
}

const kindOfSparsity = ([first]: readonly HistoryRow[]) =>
  first?.globalSparsity === undefined ? 'mean-layer' : 'global';

function stepsOption(
  { unpruned, layers }: PruneResult,
  history: readonly HistoryRow[],
  boxes: readonly [Box, Box],
): ChartOption {
  const axis = percentAxis(
    history.reduce((most, row) => (sparsityShown(row) > most ? sparsityShown(row) : most), 0),
  );
  const marked = history.length <= MAX_MARKS;
  const panel = (index: number, unpruned: number, valueOf: (row: HistoryRow) => number) => [
    referenceLine(index, unpruned, axis.max),
    ...historyLines({ index, history, layers, marked, valueOf }),
  ];
  return {
    grid: grids(boxes),
    xAxis: boxes.map((_, index) => sparsityAxis(index, `${kindOfSparsity(history)} sparsity (%)`, axis)),
    yAxis: [valueAxis(0, 'accuracy (%)'), valueAxis(1, 'loss (nats)')],
    series: [
      ...panel(0, 100 * unpruned.accuracy, ({ accuracy }) => 100 * accuracy),
      ...panel(1, unpruned.loss, ({ loss }) => loss),
    ],
  };
}

/** The sparsity of each layer. */
export function layersChart({ layers, final }: PruneResult): Html {
  const bars = layers.map(({ name }, i) => ({ name, sparsity: final.sparsity.perLayer[i]! }));
  const alternative =
    'Bar chart of the sparsity of each layer, in percent of its weights: ' +
    `${bars.map(({ name, sparsity }) => `${name} ${percent(sparsity)}`).join(', ')}.`;
  const drawing = (width: number): Drawing => ({
    width,
    height: 34 * bars.length + 92,
    option: layersOption(bars, width),
  });
  return svgChart(alternative, drawing(460), drawing(358));
}

interface Bar {
  readonly name: string;
  /** A fraction. */
  readonly sparsity: number;
}

/** Horizontal bars: names of any length are read without tilting one's head. */
function layersOption(bars: readonly Bar[], width: number): ChartOption {
  const longest = Math.max(...bars.map(({ name }) => name.length));
  const nameWidth = Math.min(8 * longest, 120);
  const left = nameWidth + 10;
  return {
    // At the right there is room for the label of a bar of 100 %.
    grid: { left, width: width - left - 64, top: 30, height: 34 * bars.length, outerBoundsMode: 'none' },
    xAxis: {
      type: 'value',
      name: 'sparsity (% of the layer’s weights)',
      nameLocation: 'middle',
      nameGap: 34,
      nameTextStyle: chartText,
      min: 0,
      max: 100,
      interval: 25,
      axisLabel: chartText,
      splitLine: chartGridLine,
    },
    yAxis: {
      type: 'category',
      // The first layer on top.
      inverse: true,
      name: 'layer',
      nameLocation: 'start',
      nameGap: 14,
      nameTextStyle: { ...chartText, align: 'right', padding: [0, 8, 0, 0] },
      data: bars.map(({ name }) => name),
      axisLabel: { ...chartText, interval: 0, width: nameWidth, overflow: 'truncate' },
      axisLine: chartAxisLine,
      axisTick: { show: false },
    },
    series: [
      {
        type: 'bar',
        data: bars.map(({ sparsity }, i) => ({
          value: 100 * sparsity,
          itemStyle: { color: layerMark(i).color },
        })),
        label: {
          ...chartText,
          show: true,
          position: 'right',
          color: 'var(--text)',
          formatter: ({ dataIndex }) => percent(bars[dataIndex]!.sparsity),
        },
        barWidth: 18,
        showBackground: true,
        backgroundStyle: { color: 'var(--line)', opacity: 0.6 },
        silent: true,
      },
    ],
  };
}
