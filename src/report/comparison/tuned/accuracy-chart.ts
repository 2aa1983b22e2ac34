import { line, panelAxes, rangeAround, star, wholePanel, type Panel } from '../../chart/accuracy-series.ts';
import type { Box } from '../../chart/axes.ts';
import { baselineLine, lineKey, rankedBy, rankedStyle, repairStyle } from '../../chart/baseline-lines.ts';
import { clipLine, type Point } from '../../chart/clip-line.ts';
import { methodLabel } from '../../chart/method-marks.ts';
import { twoPanels } from '../../chart/panels.ts';
import type { ChartOption } from '../../chart/svg-chart.ts';
import { html, type Html } from '../../html/html.ts';
import { BASELINE_TITLES, REPAIR_NAMES, REPAIR_TITLES, repairOf } from '../../text/words.ts';
import { accuracyAltText, meanCurve, runPoint } from '../accuracy-chart.ts';
import type { TunedComparison, TunedRun } from '../comparison.ts';
import { curveBaselines, unprunedAccuracy } from '../figures.ts';
import { accuracyName, runName } from '../words.ts';
import { DROPS, sparsityAtDrop } from './reach.ts';

/** All sparsities, and beside them those around the runs: baselines, runs and their fronts. */
export function tunedAccuracyChart(comparison: TunedComparison): Html {
  const altText = accuracyAltText(
    comparison,
    (run) => runName(comparison, run),
    ['Thin lines are the states that each search could choose from.'],
    curveBaselines(comparison),
  );
  const panels = { labels: 48, firstWidth: 400, heights: { wide: 368, narrow: 308 } };
  return twoPanels(altText, panels, (boxes) => accuracyOption(comparison, boxes));
}

function accuracyOption(comparison: TunedComparison, boxes: readonly [Box, Box]): ChartOption {
  const panels = [wholePanel, detailPanel(comparison)];
  return {
    ...panelAxes(panels, boxes, accuracyName(comparison)),
    series: panels.flatMap((panel) => [
      ...unprunedSeries(comparison, panel),
      ...baselineSeries(comparison, panel),
      ...comparison.runs.flatMap((run) => frontSeries(panel, run)),
      ...comparison.runs.map((run) => star(panel, run.method, runPoint(run), panel === wholePanel ? 9 : 11)),
    ]),
  };
}

/**
 * Contains the runs, the unpruned network, and the sparsities at which the best baseline loses each of `DROPS`, so that one
 * sees which is sparser at the same accuracy. Baselines that are far worse there are outside of it.
 */
function detailPanel(comparison: TunedComparison): Panel {
  const points = comparison.runs.map(runPoint);
  const unpruned = unprunedAccuracy(comparison);
  const losing = curveBaselines(comparison).map((name) => {
    const curve = meanCurve(comparison, name).map(([x, y]) => ({ sparsity: x / 100, accuracy: y / 100 }));
    return DROPS.map((drop) => 100 * sparsityAtDrop(curve, unpruned, drop));
  });
  return {
    index: 1,
    x: rangeAround(
      [...points.map(([x]) => x), ...DROPS.map((_, i) => Math.max(...losing.map((own) => own[i]!)))],
      2,
    ),
    y: rangeAround([...points.map(([, y]) => y), 100 * unpruned, 100 * unpruned - DROPS.at(-1)!], 1),
  };
}

/** A thin line across the panel: dashes are for baselines. */
const UNPRUNED = { color: 'var(--muted)', width: 1 } as const;

function unprunedSeries(comparison: TunedComparison, { index, x, y }: Panel) {
  const accuracy = 100 * unprunedAccuracy(comparison);
  const ends: readonly Point[] = [
    [0, accuracy],
    [100, accuracy],
  ];
  return clipLine(ends, x, y).map((piece) => line(index, piece, UNPRUNED));
}

/** The curves, means over the splits: those that are repaired above the others. */
function baselineSeries(comparison: TunedComparison, { index, x, y }: Panel) {
  return curveBaselines(comparison).flatMap((name) =>
    clipLine(meanCurve(comparison, name), x, y).map((piece) => {
      const { type, ...style } = baselineLine(name);
      return line(index, piece, { ...style, ...(type && { type: [...type] }) });
    }),
  );
}

/** The search; by what baselines rank weights; what they do with those that stay. */
export function tunedLegend(comparison: TunedComparison): Html {
  const names = curveBaselines(comparison);
  const frozen = names.filter((name) => repairOf(name) === 'frozen');
  const repairs = REPAIR_NAMES.filter((repair) => names.some((name) => repairOf(name) === repair));
  return html`<ul class="legend">
      <li>${methodLabel('sa', 'star')}</li>
      <li>${lineKey(UNPRUNED)} unpruned network</li>
      ${repairs.map((repair) => html`<li>${lineKey(repairStyle(repair))} ${REPAIR_TITLES[repair]}</li>`)}
    </ul>
    <ul class="legend">
      ${frozen.map((name) => html`<li>${lineKey(rankedStyle(rankedBy(name)))} ${BASELINE_TITLES[name]}</li>`)}
    </ul>`;
}

/** The states that a run could choose from. */
function frontSeries({ index, x, y }: Panel, { front }: TunedRun) {
  const points = front.map(({ sparsity, test }): Point => [100 * sparsity.global, 100 * test.accuracy]);
  return clipLine(points, x, y).map((piece) => line(index, piece, { color: 'var(--text)', width: 0.6 }));
}
