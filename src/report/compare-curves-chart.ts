/** Accuracy over global sparsity: what a baseline gives at any sparsity, and where the searches ended. */
import { grids, roundRange, sparsityAxis, valueAxis, type Box, type Range } from './axes.ts';
import { clipLine, isInside, type Point } from './clip-line.ts';
import { accuracyName, decisive, decisiveOf, methodsOf, type MethodRuns } from './compare-figures.ts';
import { BASELINE_NAMES, spreadOf, type ComparedRun, type Comparison } from './comparison.ts';
import { percent } from './format.ts';
import type { Html } from './html.ts';
import { baselineMark, methodStyle, methodSymbol } from './method-marks.ts';
import { svgChart, type ChartOption } from './svg-chart.ts';
import { BASELINE_TITLES, METHOD_NAMES } from './words.ts';

/** On the test images if the searches did not see them: all sparsities, and beside them those around the searches. */
export function compareCurvesChart(comparison: Comparison): Html {
  const searches = comparison.runs.map(
    (run) =>
      `${METHOD_NAMES[run.method]}, seed ${run.seed}: ${percent(decisiveOf(run).accuracy)} at ${percent(run.final.sparsity.global)}`,
  );
  const alternative =
    `Line charts of ${accuracyName(comparison)} over global sparsity, both in percent, of ` +
    `${BASELINE_NAMES.map((name) => BASELINE_TITLES[name]).join('; ')}; with the searches as points: ${searches.join('; ')}. ` +
    'The second chart shows the part around the searches.';
  return svgChart(
    alternative,
    {
      width: 960,
      height: 460,
      option: curvesOption(comparison, [
        { left: 48, top: 36, width: 500, height: 368 },
        { left: 612, top: 36, width: 330, height: 368 },
      ]),
    },
    {
      width: 358,
      height: 800,
      option: curvesOption(comparison, [
        { left: 44, top: 36, width: 296, height: 308 },
        { left: 44, top: 436, width: 296, height: 308 },
      ]),
    },
  );
}

interface Panel {
  readonly index: number;
  readonly x: Range;
  readonly y: Range;
}

function curvesOption(comparison: Comparison, boxes: readonly [Box, Box]): ChartOption {
  const whole: Range = { min: 0, max: 100, interval: 20 };
  const groups = methodsOf(comparison);
  const overview: Panel = { index: 0, x: whole, y: whole };
  const detail: Panel = { index: 1, ...rangesAround(comparison) };
  const panels = [overview, detail];
  return {
    grid: grids(boxes),
    xAxis: panels.map(({ index, x }) => ({ ...sparsityAxis(index, 'global sparsity (%)', x), min: x.min })),
    yAxis: panels.map(({ index, y }) => ({ ...valueAxis(index, `${accuracyName(comparison)} (%)`), ...y })),
    series: [
      ...panels.flatMap((panel) => [...unprunedLine(comparison, panel), ...curves(comparison, panel)]),
      ...groups.map((group) => star(overview, group, meanPoint(group), 11)),
      ...groups.flatMap((group) => [
        ...deviationBars(detail, group),
        ...group.runs.map((run) => star(detail, group, pointOf(run), 11)),
      ]),
    ],
  };
}

const pointOf = (run: ComparedRun): Point => [
  100 * run.final.sparsity.global,
  100 * decisiveOf(run).accuracy,
];

/** Of the runs and, for each, the baseline that does best at its sparsity. */
function rangesAround({ runs, matched }: Comparison): { readonly x: Range; readonly y: Range } {
  const best = runs.map(({ method, seed }) =>
    matched
      .filter((point) => point.method === method && point.seed === seed)
      .reduce((most, point) => Math.max(most, decisive(point).accuracy), 0),
  );
  const points = runs.map(pointOf);
  // Room for the marks, and for bars of the deviation.
  const around = (values: readonly number[]): Range => {
    const { min, max, interval } = roundRange(
      values.flatMap((value) => [value - 2, value + 2]),
      5,
    );
    return { min: Math.max(min, 0), max: Math.min(max, 100), interval };
  };
  return {
    x: around(points.map(([x]) => x)),
    y: around([
      ...points.map(([, y]) => y),
      ...best.filter((value) => value > 0).map((value) => 100 * value),
    ]),
  };
}

function curves({ curves }: Comparison, { index, x, y }: Panel) {
  return BASELINE_NAMES.flatMap((name) => {
    const { color, shape } = baselineMark(name);
    const points = curves
      .filter(({ baseline }) => baseline === name)
      .map((point): Point => [100 * point.sparsity.global, 100 * decisive(point).accuracy]);
    return [
      ...clipLine(points, x, y).map((piece) => line(index, piece, { color, width: 1.5 })),
      {
        ...line(
          index,
          points.filter((point) => isInside(point, x, y)),
          { width: 0 },
        ),
        symbol: shape,
        symbolSize: 7,
        itemStyle: { color, borderColor: 'var(--surface)', borderWidth: 0.5 },
      },
    ];
  });
}

function unprunedLine({ baseline }: Comparison, { index, x, y }: Panel) {
  const value = 100 * decisive(baseline).accuracy;
  const ends: readonly Point[] = [
    [0, value],
    [100, value],
  ];
  return clipLine(ends, x, y).map((piece) =>
    line(index, piece, { color: 'var(--muted)', width: 1.5, type: [5, 4] }),
  );
}

function meanPoint({ runs }: MethodRuns): Point {
  const points = runs.map(pointOf);
  return [spreadOf(points.map(([x]) => x)).mean, spreadOf(points.map(([, y]) => y)).mean];
}

/** A cross at the mean of several runs, as long as their standard deviations to each side. */
function deviationBars({ index, x, y }: Panel, { runs }: MethodRuns) {
  if (runs.length === 1) return [];
  const points = runs.map(pointOf);
  const [across, up] = [spreadOf(points.map(([x]) => x)), spreadOf(points.map(([, y]) => y))];
  const bars: readonly (readonly Point[])[] = [
    [
      [across.mean - across.deviation, up.mean],
      [across.mean + across.deviation, up.mean],
    ],
    [
      [across.mean, up.mean - up.deviation],
      [across.mean, up.mean + up.deviation],
    ],
  ];
  return bars
    .flatMap((bar) => clipLine(bar, x, y))
    .map((bar) => ({ ...line(index, bar, { color: 'var(--text)', width: 1 }), z: 4 }));
}

/** Above the curves. */
function star({ index }: Panel, { method }: MethodRuns, point: Point, size: number) {
  return {
    ...line(index, [point], { width: 0 }),
    symbol: methodSymbol,
    symbolSize: size,
    itemStyle: methodStyle(method),
    z: 5,
  };
}

function line(
  index: number,
  points: readonly Point[],
  lineStyle: { readonly width: number; readonly color?: string; readonly type?: number[] },
) {
  return {
    type: 'line' as const,
    xAxisIndex: index,
    yAxisIndex: index,
    data: points.map((point) => [...point]),
    symbol: 'none',
    lineStyle,
    clip: false,
    silent: true,
  };
}
