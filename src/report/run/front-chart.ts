/** Loss and accuracy of the states between which one may choose, on each set of images. */
import { grids, roundRange, sparsityAxis, valueAxis, type Box } from '../chart/axes.ts';
import { fixed, percent } from '../text/numbers.ts';
import { html, type Html } from '../html/html.ts';
import { layerLabel, layerMark } from '../chart/layer-marks.ts';
import type { FrontPoint, PruneResult } from './result.ts';
import type { Score } from '../../search/contract.ts';
import { svgChart, type ChartOption } from '../chart/svg-chart.ts';

interface ImageLine {
  readonly name: string;
  readonly unpruned: Score;
  readonly scoreOf: (point: FrontPoint) => Score;
}

/** One line for each set of images, in the order of their marks. */
function linesOf({ unpruned, validation, test }: PruneResult): readonly ImageLine[] {
  return [
    { name: 'images tuned on', unpruned, scoreOf: ({ search }) => search },
    ...(validation
      ? [
          {
            name: 'validation images',
            unpruned: validation.unpruned,
            scoreOf: (point: FrontPoint) => point.validation,
          },
        ]
      : []),
    ...(test
      ? [{ name: 'test images', unpruned: test.unpruned, scoreOf: (point: FrontPoint) => point.test! }]
      : []),
  ];
}

export function frontKeys(result: PruneResult): Html {
  return html`<ul class="legend">
    ${linesOf(result).map(({ name }, i) => html`<li>${layerLabel(i, name)}</li>`)}
  </ul>`;
}

/** By how much loss and accuracy of each point of the front differ from the unpruned network's. */
export function frontChart(result: PruneResult, front: readonly FrontPoint[]): Html {
  const final = front.find((point) => point.final) ?? front.at(-1)!;
  const changes = linesOf(result).map(
    ({ name, unpruned, scoreOf }) => `${name} ${fixed(scoreOf(final).loss - unpruned.loss, 4)}`,
  );
  const alternative =
    'Two line charts over global sparsity in percent: the change of the loss in nats, and that of the accuracy in ' +
    `percentage points. For the result, at ${percent(final.sparsity.global)}, the losses changed by: ${changes.join(', ')}.`;
  const draw = (boxes: readonly [Box, Box]) => frontOption(result, front, boxes);
  return svgChart(
    alternative,
    {
      width: 960,
      height: 360,
      option: draw([
        { left: 52, width: 400, top: 36, height: 262 },
        { left: 540, width: 404, top: 36, height: 262 },
      ]),
    },
    {
      width: 358,
      height: 600,
      option: draw([
        { left: 48, width: 294, top: 36, height: 200 },
        { left: 48, width: 294, top: 338, height: 200 },
      ]),
    },
  );
}

function frontOption(
  result: PruneResult,
  front: readonly FrontPoint[],
  boxes: readonly [Box, Box],
): ChartOption {
  const lines = linesOf(result);
  const panels = [
    { name: 'loss, change (nats)', valueOf: (now: Score, before: Score) => now.loss - before.loss },
    {
      name: 'accuracy, change (points)',
      valueOf: (now: Score, before: Score) => 100 * (now.accuracy - before.accuracy),
    },
  ];
  const x = roundRange(
    front.map(({ sparsity }) => 100 * sparsity.global),
    5,
  );
  return {
    grid: grids(boxes),
    xAxis: panels.map((_, index) => ({ ...sparsityAxis(index, 'global sparsity (%)', x), min: x.min })),
    yAxis: panels.map(({ name }, index) => valueAxis(index, name)),
    series: panels.flatMap(({ valueOf }, index) =>
      lines.map(({ unpruned, scoreOf }, line) => {
        const { color, shape } = layerMark(line);
        return {
          type: 'line' as const,
          xAxisIndex: index,
          yAxisIndex: index,
          // The result's mark is larger.
          data: front.map((point) => ({
            value: [100 * point.sparsity.global, valueOf(scoreOf(point), unpruned)],
            symbolSize: point.final ? 13 : 7,
          })),
          symbol: shape,
          itemStyle: { color, borderColor: 'var(--surface)', borderWidth: 0.5 },
          lineStyle: { color, width: 1.5 },
          clip: false,
          silent: true,
        };
      }),
    ),
  };
}
