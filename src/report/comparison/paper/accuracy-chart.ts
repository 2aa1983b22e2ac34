import { line, panelAxes, rangeAround, star, wholePanel, type Panel } from '../../chart/accuracy-series.ts';
import type { Box } from '../../chart/axes.ts';
import { clipLine, type Point } from '../../chart/clip-line.ts';
import { twoPanels } from '../../chart/panels.ts';
import type { ChartOption } from '../../chart/svg-chart.ts';
import type { Html } from '../../html/html.ts';
import { METHOD_NAMES } from '../../text/words.ts';
import { accuracyAltText, baselineSeries, runPoint } from '../accuracy-chart.ts';
import type { PaperComparison } from '../comparison.ts';
import { decisive, methodsOf, type MethodRuns } from '../figures.ts';
import { meanOf, spreadOf } from '../statistics.ts';
import { accuracyName } from '../words.ts';

/** Percentage points around the searches, for marks and bars of the deviation. */
const ROOM = 2;

/** All sparsities with the mean of each search, and beside them those around the searches with every seed. */
export function paperAccuracyChart(comparison: PaperComparison): Html {
  const altText = accuracyAltText(comparison, ({ method, seed }) => `${METHOD_NAMES[method]}, seed ${seed}`);
  const panels = { labels: 48, firstWidth: 500, heights: { wide: 368, narrow: 308 } };
  return twoPanels(altText, panels, (boxes) => accuracyOption(comparison, boxes));
}

function accuracyOption(comparison: PaperComparison, boxes: readonly [Box, Box]): ChartOption {
  const groups = methodsOf(comparison);
  const detail = detailPanel(comparison);
  const panels = [wholePanel, detail];
  return {
    ...panelAxes(panels, boxes, accuracyName(comparison)),
    series: [
      ...panels.flatMap((panel) => baselineSeries(comparison, panel)),
      ...groups.map((group) => star(wholePanel, group.method, meanPoint(group), 11)),
      ...groups.flatMap((group) => [
        ...deviationBars(detail, group),
        ...group.runs.map((run) => star(detail, group.method, runPoint(run), 11)),
      ]),
    ],
  };
}

/** Contains all runs and, for each, the baseline with the highest accuracy at its sparsity. */
function detailPanel({ runs }: PaperComparison): Panel {
  const points = runs.map(runPoint);
  const best = runs.map(({ matched }) => Math.max(...matched.map((point) => 100 * decisive(point).accuracy)));
  return {
    index: 1,
    x: rangeAround(
      points.map(([x]) => x),
      ROOM,
    ),
    y: rangeAround([...points.map(([, y]) => y), ...best], ROOM),
  };
}

function meanPoint({ runs }: MethodRuns): Point {
  const points = runs.map(runPoint);
  return [meanOf(points.map(([x]) => x)), meanOf(points.map(([, y]) => y))];
}

/** A cross at the mean of several runs; its arms are one standard deviation long. */
function deviationBars({ index, x, y }: Panel, { runs }: MethodRuns) {
  if (runs.length === 1) return [];
  const points = runs.map(runPoint);
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
