/** Accuracy over global sparsity: what a baseline gives at any sparsity, and where the searches ended. */
import {
  accuracyPanels,
  curveSeries,
  line,
  panelAxes,
  rangeAround,
  star,
  unprunedLine,
  wholePanel,
  type Panel,
} from '../chart/accuracy-panels.ts';
import type { Box, Range } from '../chart/axes.ts';
import { clipLine, type Point } from '../chart/clip-line.ts';
import { accuracyName, decisive, decisiveOf, methodsOf, type MethodRuns } from './article-figures.ts';
import { BASELINE_NAMES, spreadOf, type ComparedRun, type Comparison } from './article.ts';
import { percent } from '../text/numbers.ts';
import type { Html } from '../html/html.ts';
import type { ChartOption } from '../chart/svg-chart.ts';
import { BASELINE_TITLES, METHOD_NAMES } from '../text/words.ts';

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
  return accuracyPanels(
    alternative,
    [
      { left: 48, top: 36, width: 500, height: 368 },
      { left: 612, top: 36, width: 330, height: 368 },
    ],
    (boxes) => curvesOption(comparison, boxes),
  );
}

function curvesOption(comparison: Comparison, boxes: readonly [Box, Box]): ChartOption {
  const groups = methodsOf(comparison);
  const detail: Panel = { index: 1, ...rangesAround(comparison) };
  const panels = [wholePanel, detail];
  const unpruned = 100 * decisive(comparison.unpruned).accuracy;
  return {
    ...panelAxes(panels, boxes, accuracyName(comparison)),
    series: [
      ...panels.flatMap((panel) => [...unprunedLine(panel, unpruned), ...curves(comparison, panel)]),
      ...groups.map((group) => star(wholePanel, group.method, meanPoint(group), 11)),
      ...groups.flatMap((group) => [
        ...deviationBars(detail, group),
        ...group.runs.map((run) => star(detail, group.method, pointOf(run), 11)),
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
  const room = 2;
  return {
    x: rangeAround(
      points.map(([x]) => x),
      room,
    ),
    y: rangeAround(
      [...points.map(([, y]) => y), ...best.filter((value) => value > 0).map((value) => 100 * value)],
      room,
    ),
  };
}

function curves({ curves }: Comparison, panel: Panel) {
  return BASELINE_NAMES.flatMap((name) => {
    const points = curves
      .filter(({ baseline }) => baseline === name)
      .map((point): Point => [100 * point.sparsity.global, 100 * decisive(point).accuracy]);
    return curveSeries(panel, name, points);
  });
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
