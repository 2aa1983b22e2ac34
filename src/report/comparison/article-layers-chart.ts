/** The article's panels of the state after each layer. */
import type { HistoryRow } from '../../search/contract.ts';
import { grids, roundRange, type Box } from '../chart/axes.ts';
import { lastRows, meanOf, methodsOf } from './article-figures.ts';
import type { Comparison } from './article.ts';
import { fixed } from '../text/numbers.ts';
import type { Html } from '../html/html.ts';
import { methodStyle } from '../chart/method-marks.ts';
import type { Method } from '../run/result.ts';
import { chartAxisLine, chartGridLine, chartText, svgChart, type ChartOption } from '../chart/svg-chart.ts';
import { METHOD_NAMES } from '../text/words.ts';

/** Colour of the mark at a layer's cap. */
export const CAP_COLOR = 'var(--layer-1)';

interface Measure {
  readonly name: string;
  readonly valueOf: (row: HistoryRow) => number;
  readonly digits: number;
  /** Of each layer. */
  readonly caps?: readonly number[];
}

interface Bars {
  readonly method: Method;
  /** Of each layer: the mean over the runs; undefined where no run has a row for the layer. */
  readonly values: readonly (number | undefined)[];
}

/** Heights in the drawing's pixels: of one layer's bars, and of one bar with the space to the next. */
const LAYER_HEIGHT = 46;
const BAR_STEP = 17;

/** Cost, accuracy and loss of each layer's last history row, one bar for each method: the mean over its runs. */
export function compareLayersChart(comparison: Comparison): Html {
  const { layers, caps } = comparison;
  const measures: readonly Measure[] = [
    { name: 'cost (no unit)', valueOf: ({ cost }) => cost, digits: 2 },
    { name: 'accuracy (%)', valueOf: ({ accuracy }) => 100 * accuracy, digits: 2 },
    { name: 'loss (nats)', valueOf: ({ loss }) => loss, digits: 3, caps },
  ];
  const panels = measures.map((measure) => ({ measure, bars: barsOf(comparison, measure) }));
  const alternative =
    'Bar charts of the last step of each layer, mean over the seeds. ' +
    panels.map(({ measure, bars }) => panelText(comparison, measure, bars)).join(' ');

  const longest = Math.max(...layers.map(({ name }) => name.length));
  const nameWidth = Math.min(8 * longest, 120);
  const height = LAYER_HEIGHT * layers.length;
  const option = (boxes: readonly Box[]) => layersOption(comparison, panels, boxes, nameWidth);
  const plot = (left: number, top: number, width: number): Box => ({
    left: left + nameWidth + 10,
    top,
    width: width - nameWidth - 10 - 56,
    height,
  });
  return svgChart(
    alternative,
    { width: 960, height: height + 92, option: option([0, 1, 2].map((i) => plot(326 * i, 30, 308))) },
    {
      width: 358,
      height: 3 * (height + 100),
      option: option([0, 1, 2].map((i) => plot(0, 30 + i * (height + 100), 358))),
    },
  );
}

function barsOf(comparison: Comparison, { valueOf }: Measure): readonly Bars[] {
  return methodsOf(comparison).map(({ method, runs }) => {
    const last = runs.map((run) => lastRows(comparison, run));
    const values = comparison.layers.map((_, layer) => {
      const rows = last.flatMap((row) => row[layer] ?? []);
      const mean = rows.length === 0 ? NaN : meanOf(rows.map(valueOf));
      return Number.isFinite(mean) ? mean : undefined;
    });
    return { method, values };
  });
}

function panelText({ layers }: Comparison, { name, digits, caps }: Measure, bars: readonly Bars[]): string {
  const methods = bars.map(({ method, values }) => {
    const list = layers.map((layer, i) => `${layer.name} ${valueText(values[i], digits)}`);
    return `${METHOD_NAMES[method]} ${list.join(', ')}`;
  });
  const limits = caps ? [`caps ${layers.map((layer, i) => `${layer.name} ${caps[i]!}`).join(', ')}`] : [];
  return `${name}: ${[...methods, ...limits].join('; ')}.`;
}

function valueText(value: number | undefined, digits: number): string {
  return value === undefined ? '–' : fixed(value, digits);
}

interface Panel {
  readonly measure: Measure;
  readonly bars: readonly Bars[];
}

function layersOption(
  { layers }: Comparison,
  panels: readonly Panel[],
  boxes: readonly Box[],
  nameWidth: number,
): ChartOption {
  const names = layers.map(({ name }) => name);
  const ranges = panels.map(({ measure, bars }) =>
    roundRange([0, ...(measure.caps ?? []), ...bars.flatMap(({ values }) => values.map((v) => v ?? 0))], 4),
  );
  return {
    grid: grids(boxes),
    xAxis: panels.map(({ measure }, gridIndex) => ({
      gridIndex,
      type: 'value',
      name: measure.name,
      nameLocation: 'middle',
      nameGap: 34,
      nameTextStyle: chartText,
      ...ranges[gridIndex]!,
      axisLabel: chartText,
      splitLine: chartGridLine,
    })),
    yAxis: panels.map((_, gridIndex) => ({
      gridIndex,
      type: 'category',
      // The first layer on top.
      inverse: true,
      name: 'layer',
      nameLocation: 'start',
      nameGap: 14,
      nameTextStyle: { ...chartText, align: 'right', padding: [0, 8, 0, 0] },
      data: names,
      axisLabel: { ...chartText, interval: 0, width: nameWidth, overflow: 'truncate' },
      axisLine: chartAxisLine,
      axisTick: { show: false },
    })),
    series: panels.flatMap((panel, index) => panelSeries(panel, index, ranges[index]!.max)),
  };
}

function panelSeries({ measure, bars }: Panel, index: number, max: number) {
  const axes = { xAxisIndex: index, yAxisIndex: index, silent: true };
  // Points by the number of their layer: two layers may have one name.
  const points = (values: readonly (number | undefined)[]) =>
    values.flatMap((value, layer) => (value === undefined ? [] : [[value, layer]]));
  return bars.flatMap(({ method, values }, i) => [
    {
      ...axes,
      type: 'bar' as const,
      data: values.map((value) => value ?? '-'),
      barWidth: BAR_STEP - 4,
      barGap: `${(100 * 4) / (BAR_STEP - 4)}%`,
      itemStyle: methodStyle(method),
    },
    // The figures, in a column of their own right of the plot, where no mark of a cap is in the way.
    {
      ...axes,
      type: 'line' as const,
      data: values.map((_, layer) => [max, layer]),
      symbol: 'circle',
      symbolSize: 1,
      itemStyle: { color: 'transparent' },
      clip: false,
      lineStyle: { width: 0 },
      label: {
        ...chartText,
        show: true,
        position: 'right' as const,
        color: 'var(--text)',
        offset: [0, BAR_STEP * (i - (bars.length - 1) / 2)],
        formatter: ({ dataIndex }: { readonly dataIndex: number }) =>
          valueText(values[dataIndex], measure.digits),
      },
    },
    ...(i === 0 && measure.caps
      ? [
          {
            ...axes,
            type: 'line' as const,
            data: points(measure.caps),
            symbol: 'rect',
            symbolSize: [3, LAYER_HEIGHT - 6],
            itemStyle: { color: CAP_COLOR, borderWidth: 0 },
            lineStyle: { width: 0 },
            clip: false,
            z: 5,
          },
        ]
      : []),
  ]);
}
