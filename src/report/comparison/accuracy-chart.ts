/** Parts of accuracy charts: baselines as lines, searches as stars, over global sparsity. */
import { curveSeries, unprunedLine, type Panel } from '../chart/accuracy-series.ts';
import type { Point } from '../chart/clip-line.ts';
import { unprunedKey } from '../chart/layer-marks.ts';
import { baselineLabel, methodLabel } from '../chart/method-marks.ts';
import { html, type Html } from '../html/html.ts';
import { percent } from '../text/numbers.ts';
import { BASELINE_NAMES, BASELINE_TITLES, type BaselineName } from '../text/words.ts';
import type { ComparedRun, Comparison } from './comparison.ts';
import { decisive, decisiveOf, methodsOf, unprunedAccuracy } from './figures.ts';
import { meanOf } from './statistics.ts';
import { accuracyName } from './words.ts';

/** `nameOf` names a run; `more` says what else the chart shows. */
export function accuracyAltText(
  comparison: Comparison,
  nameOf: (run: ComparedRun) => string,
  more: readonly string[] = [],
  names: readonly BaselineName[] = BASELINE_NAMES,
): string {
  const searches = comparison.runs.map(
    (run) => `${nameOf(run)}: ${percent(decisiveOf(run).accuracy)} at ${percent(run.final.sparsity.global)}`,
  );
  const baselines = names.map((name) => BASELINE_TITLES[name]);
  return [
    `Line charts of ${accuracyName(comparison)} over global sparsity, both in percent, of ${baselines.join('; ')}; ` +
      `with the searches as points: ${searches.join('; ')}.`,
    ...more,
    'The second chart shows the part around the searches.',
  ].join(' ');
}

/** Of preset paper, whose baselines have marks. */
export function accuracyLegend(comparison: Comparison): Html {
  return html`<ul class="legend">
    ${methodsOf<ComparedRun>(comparison).map(({ method }) => html`<li>${methodLabel(method, 'star')}</li>`)}
    ${BASELINE_NAMES.map((name) => html`<li>${baselineLabel(name)}</li>`)}
    <li>${unprunedKey}</li>
  </ul>`;
}

/** Of preset paper: the baselines' curves and the line of the unpruned network, means over the splits. */
export function baselineSeries(comparison: Comparison, panel: Panel) {
  return [
    ...unprunedLine(panel, 100 * unprunedAccuracy(comparison)),
    ...BASELINE_NAMES.flatMap((name) => curveSeries(panel, name, meanCurve(comparison, name))),
  ];
}

/** Global sparsity and decisive accuracy of a run, in percent. */
export function runPoint(run: Pick<ComparedRun, 'final' | 'test'>): Point {
  return [100 * run.final.sparsity.global, 100 * decisiveOf(run).accuracy];
}

/** The curve of a baseline, in percent: at each sparsity asked for, the mean over the splits. */
export function meanCurve({ splits }: Pick<Comparison, 'splits'>, name: BaselineName): readonly Point[] {
  const points = splits.flatMap(({ curves }) => curves.filter(({ baseline }) => baseline === name));
  return [...new Set(points.map(({ target }) => target))].map((target): Point => {
    const atTarget = points.filter((point) => point.target === target);
    return [
      100 * meanOf(atTarget.map(({ sparsity }) => sparsity.global)),
      100 * meanOf(atTarget.map((point) => decisive(point).accuracy)),
    ];
  });
}
