import { line, panelAxes, rangeAround, star, wholePanel, type Panel } from '../../chart/accuracy-series.ts';
import type { Box } from '../../chart/axes.ts';
import { clipLine, type Point } from '../../chart/clip-line.ts';
import { twoPanels } from '../../chart/panels.ts';
import type { ChartOption } from '../../chart/svg-chart.ts';
import type { Html } from '../../html/html.ts';
import { BASELINE_NAMES } from '../../text/words.ts';
import { accuracyAltText, baselineSeries, meanCurve, runPoint } from '../accuracy-chart.ts';
import type { TunedComparison, TunedRun } from '../comparison.ts';
import { unprunedAccuracy } from '../figures.ts';
import { accuracyName, runName } from '../words.ts';
import { DROPS, sparsityAtDrop } from './reach.ts';

/** All sparsities, and beside them those around the runs: baselines, runs and their fronts. */
export function tunedAccuracyChart(comparison: TunedComparison): Html {
  const altText = accuracyAltText(comparison, (run) => runName(comparison, run), [
    'Thin lines are the states that each search could choose from.',
  ]);
  const panels = { labels: 48, firstWidth: 400, heights: { wide: 368, narrow: 308 } };
  return twoPanels(altText, panels, (boxes) => accuracyOption(comparison, boxes));
}

function accuracyOption(comparison: TunedComparison, boxes: readonly [Box, Box]): ChartOption {
  const panels = [wholePanel, detailPanel(comparison)];
  return {
    ...panelAxes(panels, boxes, accuracyName(comparison)),
    series: panels.flatMap((panel) => [
      ...baselineSeries(comparison, panel),
      ...comparison.runs.flatMap((run) => frontSeries(panel, run)),
      ...comparison.runs.map((run) => star(panel, run.method, runPoint(run), panel === wholePanel ? 9 : 11)),
    ]),
  };
}

/**
 * Contains the runs, the unpruned network, and the sparsity at which the best baseline starts to lose accuracy, so that one
 * sees how much sparser a run is at the same accuracy. Baselines that are far worse there are outside of it.
 */
function detailPanel(comparison: TunedComparison): Panel {
  const points = comparison.runs.map(runPoint);
  const unpruned = unprunedAccuracy(comparison);
  const losing = BASELINE_NAMES.map((name) => {
    const curve = meanCurve(comparison, name).map(([x, y]) => ({ sparsity: x / 100, accuracy: y / 100 }));
    return 100 * sparsityAtDrop(curve, unpruned, DROPS[0]);
  });
  return {
    index: 1,
    x: rangeAround([...points.map(([x]) => x), Math.max(...losing)], 4),
    y: rangeAround([...points.map(([, y]) => y), 100 * unpruned, 100 * unpruned - DROPS.at(-1)!], 1),
  };
}

/** The states that a run could choose from. */
function frontSeries({ index, x, y }: Panel, { front }: TunedRun) {
  const points = front.map(({ sparsity, test }): Point => [100 * sparsity.global, 100 * test.accuracy]);
  return clipLine(points, x, y).map((piece) => line(index, piece, { color: 'var(--text)', width: 0.6 }));
}
