/** Accuracy over global sparsity: what a baseline gives at any sparsity, and where the searches ended. */
import { grids, sparsityAxis, valueAxis, type Box } from './axes.ts';
import { accuracyName, decisive, decisiveOf } from './compare-figures.ts';
import { BASELINE_NAMES, type Comparison } from './comparison.ts';
import { percent } from './format.ts';
import { referenceLine } from './history-lines.ts';
import type { Html } from './html.ts';
import { baselineMark, methodStyle, methodSymbol } from './method-marks.ts';
import { svgChart, type ChartOption } from './svg-chart.ts';
import { BASELINE_TITLES, METHOD_NAMES } from './words.ts';

/** On the test images if the searches did not see them. */
export function compareCurvesChart(comparison: Comparison): Html {
  const searches = comparison.runs.map(
    (run) =>
      `${METHOD_NAMES[run.method]}, seed ${run.seed}: ${percent(decisiveOf(run).accuracy)} at ${percent(run.final.sparsity.global)}`,
  );
  const alternative =
    `Line chart of ${accuracyName(comparison)} over global sparsity, both in percent, of ` +
    `${BASELINE_NAMES.map((name) => BASELINE_TITLES[name]).join('; ')}; with the searches as points: ${searches.join('; ')}.`;
  const drawing = (width: number, height: number, left: number) => ({
    width,
    height,
    option: curvesOption(comparison, { left, top: 36, width: width - left - 18, height: height - 92 }),
  });
  return svgChart(alternative, drawing(960, 460, 48), drawing(358, 400, 44));
}

function curvesOption(comparison: Comparison, box: Box): ChartOption {
  const axis = { min: 0, max: 100, interval: 20 };
  const curves = BASELINE_NAMES.map((name) => {
    const points = comparison.curves.filter(({ baseline }) => baseline === name);
    const { color, shape } = baselineMark(name);
    return {
      type: 'line' as const,
      data: points.map((point) => [100 * point.sparsity.global, 100 * decisive(point).accuracy]),
      symbol: shape,
      symbolSize: 7,
      itemStyle: { color, borderColor: 'var(--surface)', borderWidth: 0.5 },
      lineStyle: { color, width: 1.5 },
      clip: false,
      silent: true,
    };
  });
  const searches = comparison.runs.map((run) => ({
    type: 'line' as const,
    data: [[100 * run.final.sparsity.global, 100 * decisiveOf(run).accuracy]],
    symbol: methodSymbol,
    symbolSize: 14,
    itemStyle: methodStyle(run.method),
    clip: false,
    silent: true,
    // Above the curves.
    z: 5,
  }));
  return {
    grid: grids([box]),
    xAxis: [sparsityAxis(0, 'global sparsity (%)', axis)],
    yAxis: [{ ...valueAxis(0, `${accuracyName(comparison)} (%)`), ...axis }],
    series: [referenceLine(0, 100 * decisive(comparison.baseline).accuracy, 100), ...curves, ...searches],
  };
}
