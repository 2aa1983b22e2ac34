/** The hypervolume of the front of a Pareto search as it grew. */
import { grids, roundRange, valueAxis } from '../chart/axes.ts';
import { layerMark } from '../chart/layer-marks.ts';
import { chartAxisLine, chartText, svgChart, type Drawing } from '../chart/svg-chart.ts';
import type { Html } from '../html/html.ts';
import { count, fixed } from '../text/numbers.ts';
import type { PruneResult } from './result.ts';

const HEIGHT = 250;

/** `points` must not be empty. */
export function hypervolumeChart({ points }: NonNullable<PruneResult['hypervolume']>): Html {
  const [first, last] = [points[0]!, points.at(-1)!];
  const text = ({ evaluations, value }: typeof first) =>
    `${fixed(value, 4)} after ${count(evaluations)} evaluations`;
  const altText = `Line chart of the hypervolume of the front over evaluations: ${text(first)}, ${text(last)}.`;
  const x = roundRange([0, last.evaluations], 5);
  const drawing = (width: number): Drawing => ({
    width,
    height: HEIGHT,
    option: {
      grid: grids([{ left: 52, top: 36, width: width - 52 - 30, height: HEIGHT - 36 - 62 }]),
      xAxis: {
        type: 'value',
        ...x,
        name: 'evaluations',
        nameLocation: 'middle',
        nameGap: 34,
        nameTextStyle: chartText,
        axisLabel: chartText,
        axisLine: chartAxisLine,
        splitLine: { show: false },
      },
      yAxis: valueAxis(0, 'hypervolume'),
      series: [
        {
          type: 'line',
          data: points.map(({ evaluations, value }) => [evaluations, value]),
          showSymbol: false,
          lineStyle: { color: layerMark(0).color, width: 1.5 },
          silent: true,
        },
      ],
    },
  });
  return svgChart(altText, drawing(960), drawing(358));
}
