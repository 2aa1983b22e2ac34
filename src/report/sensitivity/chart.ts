/** Figures of each layer over its sparsity: frozen beside repaired on the same scale or, where nothing was repaired, quality beside loss. */
import type { Score } from '../../search/contract.ts';
import { grids, roundRange, valueAxis, type Box } from '../chart/axes.ts';
import { layerMark } from '../chart/layer-marks.ts';
import { EQUAL_PANELS, twoPanels } from '../chart/panels.ts';
import { chartAxisLine, chartText, type ChartOption } from '../chart/svg-chart.ts';
import type { Html } from '../html/html.ts';
import { measuresOf, withUnit, type Measure } from '../text/measures.ts';
import { percent, plain } from '../text/numbers.ts';
import { ranked, shareText, shownName } from './ranking.ts';
import type { LayerSensitivity, SensitivityPoint, SensitivityResult } from './result.ts';

export interface Panel {
  /** "frozen" */
  readonly name: string;
  readonly measure: Measure;
  readonly scoreOf: (point: SensitivityPoint) => Score | undefined;
}

/** A line for every layer in each panel. Sparsities are equally far apart, since those that matter are close together. */
export function sensitivityChart(result: SensitivityResult, panels: readonly [Panel, Panel]): Html {
  const most = ranked(result.layers)[0]!;
  const last = most.points.at(-1)!;
  const [quality] = measuresOf(result.task, percent);
  const names = panels.map(({ name, measure }) => withUnit(`${measure.name}, ${name}`, measure.unit));
  const altText =
    `Two line charts over the sparsity of one layer alone in percent, a line for each layer: ${names.join(' and ')}. ` +
    `The unpruned network has ${quality.name} ${quality.textOf(result.unpruned)}. Of the most sensitive layer, ${shownName(most)}, at ${shareText(last, percent)}: ` +
    `${quality.name} ${quality.textOf(last.frozen)} frozen${last.repaired ? `, ${quality.textOf(last.repaired)} repaired` : ''}.`;
  return twoPanels(altText, EQUAL_PANELS, (boxes) => chartOption(result, panels, boxes));
}

function chartOption(
  { layers, unpruned }: SensitivityResult,
  panels: readonly [Panel, Panel],
  boxes: readonly [Box, Box],
): ChartOption {
  const { points: shares } = layers[0]!;
  return {
    grid: grids(boxes),
    xAxis: panels.map((_, gridIndex) => ({
      gridIndex,
      type: 'category' as const,
      boundaryGap: false,
      data: shares.map((point) => shareText(point, plain.percent).replace(' %', '')),
      name: 'sparsity of the layer (%)',
      nameLocation: 'middle' as const,
      nameGap: 34,
      nameTextStyle: chartText,
      axisLabel: { ...chartText, hideOverlap: true },
      axisLine: { ...chartAxisLine, onZero: false },
      axisTick: { show: false },
    })),
    yAxis: panels.map(({ name, measure }, index) => ({
      ...valueAxis(index, withUnit(`${measure.name}, ${name}`, measure.unit)),
      ...rangeOf(
        layers,
        unpruned,
        panels.filter((panel) => panel.measure === measure),
      ),
    })),
    series: panels.flatMap((panel, index) => [
      {
        ...line(
          index,
          shares.map(() => panel.measure.valueOf(unpruned)),
        ),
        symbol: 'none',
        lineStyle: { color: 'var(--muted)', width: 1.5, type: [5, 4] },
      },
      ...layers.flatMap((own, layer) => {
        const values = valuesOf(own, panel);
        if (values.length < shares.length) return [];
        const { color, shape } = layerMark(layer, layers.length);
        return [
          {
            ...line(index, values),
            symbol: shape,
            symbolSize: 7,
            itemStyle: { color, borderColor: 'var(--surface)', borderWidth: 0.5 },
            lineStyle: { color, width: 1.5 },
          },
        ];
      }),
    ]),
  };
}

const valuesOf = ({ points }: LayerSensitivity, { measure, scoreOf }: Panel) =>
  points.flatMap((point) => scoreOf(point) ?? []).map(measure.valueOf);

/** Of all panels with one measure, so that they can be compared. */
function rangeOf(layers: readonly LayerSensitivity[], unpruned: Score, panels: readonly Panel[]) {
  const values = panels.flatMap((panel) => [
    panel.measure.valueOf(unpruned),
    ...layers.flatMap((layer) => valuesOf(layer, panel)),
  ]);
  return roundRange(values, 5);
}

const line = (index: number, data: readonly number[]) => ({
  type: 'line' as const,
  xAxisIndex: index,
  yAxisIndex: index,
  data: [...data],
  clip: false,
  silent: true,
});
