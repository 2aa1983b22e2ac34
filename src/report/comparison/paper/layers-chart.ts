/** The article's panels of the state after each layer. */
import { barAxis, grids, layerAxis, layerNamesWidth, roundRange, type Box } from '../../chart/axes.ts';
import { methodStyle } from '../../chart/method-marks.ts';
import { chartText, svgChart, type ChartOption } from '../../chart/svg-chart.ts';
import type { Html } from '../../html/html.ts';
import type { Method } from '../../run/result.ts';
import { fixed } from '../../text/numbers.ts';
import { METHOD_NAMES, NONE } from '../../text/words.ts';
import type { ComparedRow, PaperComparison } from '../comparison.ts';
import { methodsOf } from '../figures.ts';
import { meanOf } from '../statistics.ts';
import { lastRows } from './history.ts';

/** Colour of the mark at a layer's cap. */
export const CAP_COLOR = 'var(--layer-1)';

interface Measure {
  readonly name: string;
  readonly valueOf: (row: ComparedRow) => number;
  readonly digits: number;
  /** Of each layer. */
  readonly caps?: readonly number[];
}

interface Bars {
  readonly method: Method;
  /** Of each layer: the mean over the runs; undefined if no run has a row for the layer. */
  readonly values: readonly (number | undefined)[];
}

interface Panel {
  readonly measure: Measure;
  readonly bars: readonly Bars[];
}

/** Height of one layer's bars, and of one bar with the space to the next, in the drawing's pixels. */
const LAYER_HEIGHT = 46;
const BAR_STEP = 17;
const BAR_GAP = 4;

/** Height of a panel above and below its plot, where the panels are one above the other. */
const MARGINS = 100;

/** Cost, accuracy and loss of each layer's last history row, as one bar for each method: the mean over its runs. */
export function layersChart(comparison: PaperComparison): Html {
  const { layers, caps } = comparison;
  const measures: readonly Measure[] = [
    { name: 'cost (no unit)', valueOf: ({ cost }) => cost, digits: 2 },
    { name: 'accuracy (%)', valueOf: ({ accuracy }) => 100 * accuracy, digits: 2 },
    { name: 'loss (nats)', valueOf: ({ loss }) => loss, digits: 3, caps },
  ];
  const panels = measures.map((measure) => ({ measure, bars: barsOf(comparison, measure) }));
  const altText =
    'Bar charts of the last step of each layer, mean over the seeds. ' +
    panels.map((panel) => panelText(comparison, panel)).join(' ');

  const names = layers.map(({ name }) => name);
  const height = LAYER_HEIGHT * layers.length;
  const option = (boxes: readonly Box[]) => layersOption(names, panels, boxes);
  // To the right of a plot there is room for the figures of the bars.
  const plot = (left: number, top: number, width: number): Box => ({
    left: left + layerNamesWidth(names) + 10,
    top,
    width: width - layerNamesWidth(names) - 10 - 56,
    height,
  });
  return svgChart(
    altText,
    { width: 960, height: height + 92, option: option([0, 1, 2].map((i) => plot(326 * i, 30, 308))) },
    {
      width: 358,
      height: 3 * (height + MARGINS),
      option: option([0, 1, 2].map((i) => plot(0, 30 + i * (height + MARGINS), 358))),
    },
  );
}

function barsOf(comparison: PaperComparison, { valueOf }: Measure): readonly Bars[] {
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

function panelText({ layers }: PaperComparison, { measure, bars }: Panel): string {
  const { name, digits, caps } = measure;
  const methods = bars.map(({ method, values }) => {
    const list = layers.map((layer, i) => `${layer.name} ${valueText(values[i], digits)}`);
    return `${METHOD_NAMES[method]} ${list.join(', ')}`;
  });
  const limits = caps ? [`caps ${layers.map((layer, i) => `${layer.name} ${caps[i]!}`).join(', ')}`] : [];
  return `${name}: ${[...methods, ...limits].join('; ')}.`;
}

function valueText(value: number | undefined, digits: number): string {
  return value === undefined ? NONE : fixed(value, digits);
}

function layersOption(
  names: readonly string[],
  panels: readonly Panel[],
  boxes: readonly Box[],
): ChartOption {
  const ranges = panels.map(({ measure, bars }) =>
    roundRange([0, ...(measure.caps ?? []), ...bars.flatMap(({ values }) => values.map((v) => v ?? 0))], 4),
  );
  return {
    grid: grids(boxes),
    xAxis: panels.map(({ measure }, index) => barAxis(index, measure.name, ranges[index]!)),
    yAxis: panels.map((_, index) => layerAxis(index, names)),
    series: panels.flatMap(({ measure, bars }, index) => [
      ...bars.map((one) => barSeries(one, index)),
      ...bars.map((one, i) =>
        figureSeries(one, measure, index, ranges[index]!.max, i - (bars.length - 1) / 2),
      ),
      ...(measure.caps ? [capSeries(measure.caps, index)] : []),
    ]),
  };
}

const onPanel = (index: number) => ({ xAxisIndex: index, yAxisIndex: index, silent: true });

function barSeries({ method, values }: Bars, index: number) {
  return {
    ...onPanel(index),
    type: 'bar' as const,
    data: values.map((value) => value ?? '-'),
    barWidth: BAR_STEP - BAR_GAP,
    barGap: `${(100 * BAR_GAP) / (BAR_STEP - BAR_GAP)}%`,
    itemStyle: methodStyle(method),
  };
}

/** The figures of the bars, in a column to the right of the plot, where no mark of a cap is in the way. */
function figureSeries({ values }: Bars, { digits }: Measure, index: number, max: number, offset: number) {
  return {
    ...onPanel(index),
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
      offset: [0, BAR_STEP * offset],
      formatter: ({ dataIndex }: { readonly dataIndex: number }) => valueText(values[dataIndex], digits),
    },
  };
}

function capSeries(caps: readonly number[], index: number) {
  return {
    ...onPanel(index),
    type: 'line' as const,
    // Points by the number of their layer: two layers may have one name.
    data: caps.map((cap, layer) => [cap, layer]),
    symbol: 'rect',
    symbolSize: [3, LAYER_HEIGHT - 6],
    itemStyle: { color: CAP_COLOR, borderWidth: 0 },
    lineStyle: { width: 0 },
    clip: false,
    z: 5,
  };
}
