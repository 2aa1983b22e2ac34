/** Test accuracy over global sparsity: what baselines give at any sparsity, where the runs ended, and their fronts. */
import { grids, roundRange, sparsityAxis, valueAxis, type Box, type Range } from './axes.ts';
import { clipLine, isInside, type Point } from './clip-line.ts';
import { meanOf } from './compare-figures.ts';
import { BASELINE_NAMES, type BaselineName } from './comparison.ts';
import { percent } from './format.ts';
import { html, type Html } from './html.ts';
import { unprunedKey } from './layer-marks.ts';
import { baselineLabel, baselineMark, methodLabel, methodStyle, methodSymbol } from './method-marks.ts';
import type { QualityComparison, QualityPoint, QualityRun } from './quality.ts';
import { DROPS, sparsityAtDrop } from './quality-reach.ts';
import { unprunedAccuracy } from './quality-words.ts';
import { svgChart, type ChartOption } from './svg-chart.ts';
import { BASELINE_TITLES } from './words.ts';

/** All sparsities, and beside them those around the runs. */
export function qualityChart(comparison: QualityComparison): Html {
  const runs = comparison.runs.map(
    ({ splitSeed, seed, test, final }) =>
      `split ${splitSeed}, seed ${seed}: ${percent(test.accuracy)} at ${percent(final.sparsity.global)}`,
  );
  const alternative =
    'Line charts of test accuracy over global sparsity, both in percent, of ' +
    `${BASELINE_NAMES.map((name) => BASELINE_TITLES[name]).join('; ')}; with the searches as points: ${runs.join('; ')}. ` +
    'Thin lines are what each search could choose from. The second chart shows the part around the searches.';
  return svgChart(
    alternative,
    {
      width: 960,
      height: 460,
      option: qualityOption(comparison, [
        { left: 48, top: 36, width: 400, height: 368 },
        { left: 512, top: 36, width: 430, height: 368 },
      ]),
    },
    {
      width: 358,
      height: 800,
      option: qualityOption(comparison, [
        { left: 44, top: 36, width: 296, height: 308 },
        { left: 44, top: 436, width: 296, height: 308 },
      ]),
    },
  );
}

export const qualityKeys: Html = html`<ul class="legend">
  <li>${methodLabel('sa', 'star')}</li>
  ${BASELINE_NAMES.map((name) => html`<li>${baselineLabel(name)}</li>`)}
  <li>${unprunedKey}</li>
</ul>`;

interface Panel {
  readonly index: number;
  readonly x: Range;
  readonly y: Range;
}

function qualityOption(comparison: QualityComparison, boxes: readonly [Box, Box]): ChartOption {
  const whole: Range = { min: 0, max: 100, interval: 20 };
  const curves = BASELINE_NAMES.map((name) => ({ name, curve: meanCurve(comparison, name) }));
  const around = rangesAround(
    comparison,
    curves.map(({ curve }) => curve),
  );
  const panels: readonly Panel[] = [
    { index: 0, x: whole, y: whole },
    { index: 1, ...around },
  ];
  return {
    grid: grids(boxes),
    xAxis: panels.map(({ index, x }) => ({ ...sparsityAxis(index, 'global sparsity (%)', x), min: x.min })),
    yAxis: panels.map(({ index, y }) => ({ ...valueAxis(index, 'test accuracy (%)'), ...y })),
    series: panels.flatMap((panel) => [
      ...unprunedLine(comparison, panel),
      ...curves.flatMap(({ name, curve }) => curveSeries(panel, name, pointsOf(curve))),
      ...comparison.runs.flatMap((run) => frontSeries(panel, run)),
      ...comparison.runs.map((run) => star(panel, run)),
    ]),
  };
}

const pointOf = ({ final, test }: QualityRun): Point => [100 * final.sparsity.global, 100 * test.accuracy];

type CurvePoint = Pick<QualityPoint, 'sparsity' | 'test'>;

/** Of a baseline, at each sparsity asked for, the mean over the splits. */
function meanCurve({ splits }: QualityComparison, name: BaselineName): readonly CurvePoint[] {
  const points = splits.flatMap(({ curves }) => curves.filter(({ baseline }) => baseline === name));
  return [...new Set(points.map(({ target }) => target))].map((target) => {
    const atTarget = points.filter((point) => point.target === target);
    return {
      sparsity: meanOf(atTarget.map(({ sparsity }) => sparsity)),
      test: {
        loss: meanOf(atTarget.map(({ test }) => test.loss)),
        accuracy: meanOf(atTarget.map(({ test }) => test.accuracy)),
      },
    };
  });
}

/** In percent. */
const pointsOf = (curve: readonly CurvePoint[]) =>
  curve.map(({ sparsity, test }): Point => [100 * sparsity, 100 * test.accuracy]);

/**
 * Around the runs and the unpruned network, with where the best baseline begins to fall off: by how much sparser a run is at
 * the same accuracy can be seen. Baselines that are far worse there are in the other panel.
 */
function rangesAround(
  comparison: QualityComparison,
  curves: readonly (readonly CurvePoint[])[],
): { readonly x: Range; readonly y: Range } {
  const points = comparison.runs.map(pointOf);
  const [least, most] = [DROPS[0], DROPS.at(-1)!];
  const accuracy = unprunedAccuracy(comparison);
  const falling = curves.map((curve) => 100 * sparsityAtDrop(curve, accuracy, least));
  // Room for the marks, and for what lies beside them.
  const around = (values: readonly number[], room: number): Range => {
    const { min, max, interval } = roundRange(
      values.flatMap((value) => [value - room, value + room]),
      5,
    );
    return { min: Math.max(min, 0), max: Math.min(max, 100), interval };
  };
  return {
    x: around([...points.map(([x]) => x), Math.max(...falling)], 4),
    y: around([...points.map(([, y]) => y), 100 * accuracy, 100 * accuracy - most], 1),
  };
}

function curveSeries({ index, x, y }: Panel, name: BaselineName, points: readonly Point[]) {
  const { color, shape } = baselineMark(name);
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
}

/** What a run could choose from. */
function frontSeries({ index, x, y }: Panel, { front }: QualityRun) {
  return clipLine(pointsOf(front), x, y).map((piece) =>
    line(index, piece, { color: 'var(--text)', width: 0.6 }),
  );
}

function unprunedLine(comparison: QualityComparison, { index, x, y }: Panel) {
  const value = 100 * unprunedAccuracy(comparison);
  const ends: readonly Point[] = [
    [0, value],
    [100, value],
  ];
  return clipLine(ends, x, y).map((piece) =>
    line(index, piece, { color: 'var(--muted)', width: 1.5, type: [5, 4] }),
  );
}

/** Above the lines. */
function star({ index }: Panel, run: QualityRun) {
  return {
    ...line(index, [pointOf(run)], { width: 0 }),
    symbol: methodSymbol,
    symbolSize: index === 0 ? 9 : 11,
    itemStyle: methodStyle('sa'),
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
