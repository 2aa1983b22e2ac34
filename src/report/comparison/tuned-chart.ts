/** Test accuracy over global sparsity: what baselines give at any sparsity, where the runs ended, and their fronts. */
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
import { meanOf } from './article-figures.ts';
import { BASELINE_NAMES, type BaselineName } from './article.ts';
import { percent } from '../text/numbers.ts';
import { html, type Html } from '../html/html.ts';
import { unprunedKey } from '../chart/layer-marks.ts';
import { baselineLabel, methodLabel } from '../chart/method-marks.ts';
import type { TunedComparison, TunedPoint, TunedRun } from './tuned.ts';
import { DROPS, sparsityAtDrop } from './tuned-reach.ts';
import { unprunedAccuracy } from './tuned-words.ts';
import type { ChartOption } from '../chart/svg-chart.ts';
import { BASELINE_TITLES } from '../text/words.ts';

/** All sparsities, and beside them those around the runs. */
export function tunedChart(comparison: TunedComparison): Html {
  const runs = comparison.runs.map(
    ({ splitSeed, seed, test, final }) =>
      `split ${splitSeed}, seed ${seed}: ${percent(test.accuracy)} at ${percent(final.sparsity.global)}`,
  );
  const alternative =
    'Line charts of test accuracy over global sparsity, both in percent, of ' +
    `${BASELINE_NAMES.map((name) => BASELINE_TITLES[name]).join('; ')}; with the searches as points: ${runs.join('; ')}. ` +
    'Thin lines are what each search could choose from. The second chart shows the part around the searches.';
  return accuracyPanels(
    alternative,
    [
      { left: 48, top: 36, width: 400, height: 368 },
      { left: 512, top: 36, width: 430, height: 368 },
    ],
    (boxes) => qualityOption(comparison, boxes),
  );
}

export const tunedKeys: Html = html`<ul class="legend">
  <li>${methodLabel('sa', 'star')}</li>
  ${BASELINE_NAMES.map((name) => html`<li>${baselineLabel(name)}</li>`)}
  <li>${unprunedKey}</li>
</ul>`;

function qualityOption(comparison: TunedComparison, boxes: readonly [Box, Box]): ChartOption {
  const curves = BASELINE_NAMES.map((name) => ({ name, curve: meanCurve(comparison, name) }));
  const around = rangesAround(
    comparison,
    curves.map(({ curve }) => curve),
  );
  const panels: readonly Panel[] = [wholePanel, { index: 1, ...around }];
  const unpruned = 100 * unprunedAccuracy(comparison);
  return {
    ...panelAxes(panels, boxes, 'test accuracy'),
    series: panels.flatMap((panel) => [
      ...unprunedLine(panel, unpruned),
      ...curves.flatMap(({ name, curve }) => curveSeries(panel, name, pointsOf(curve))),
      ...comparison.runs.flatMap((run) => frontSeries(panel, run)),
      ...comparison.runs.map((run) => star(panel, 'sa', pointOf(run), panel.index === 0 ? 9 : 11)),
    ]),
  };
}

const pointOf = ({ final, test }: TunedRun): Point => [100 * final.sparsity.global, 100 * test.accuracy];

type CurvePoint = Pick<TunedPoint, 'sparsity' | 'test'>;

/** Of a baseline, at each sparsity asked for, the mean over the splits. */
function meanCurve({ splits }: TunedComparison, name: BaselineName): readonly CurvePoint[] {
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
  comparison: TunedComparison,
  curves: readonly (readonly CurvePoint[])[],
): { readonly x: Range; readonly y: Range } {
  const points = comparison.runs.map(pointOf);
  const [least, most] = [DROPS[0], DROPS.at(-1)!];
  const accuracy = unprunedAccuracy(comparison);
  const falling = curves.map((curve) => 100 * sparsityAtDrop(curve, accuracy, least));
  return {
    x: rangeAround([...points.map(([x]) => x), Math.max(...falling)], 4),
    y: rangeAround([...points.map(([, y]) => y), 100 * accuracy, 100 * accuracy - most], 1),
  };
}

/** What a run could choose from. */
function frontSeries({ index, x, y }: Panel, { front }: TunedRun) {
  return clipLine(pointsOf(front), x, y).map((piece) =>
    line(index, piece, { color: 'var(--text)', width: 0.6 }),
  );
}
