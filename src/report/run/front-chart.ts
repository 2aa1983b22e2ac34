/** Loss and accuracy of the states of the front on each set of images. */
import type { Score } from '../../search/contract.ts';
import { grids, roundRange, sparsityAxis, valueAxis, type Box } from '../chart/axes.ts';
import { layerLabel, layerMark } from '../chart/layer-marks.ts';
import { EQUAL_PANELS, twoPanels } from '../chart/panels.ts';
import type { ChartOption } from '../chart/svg-chart.ts';
import { html, type Html } from '../html/html.ts';
import { measuresOf, withUnit } from '../text/measures.ts';
import { nats, percent } from '../text/numbers.ts';
import type { FrontPoint, PruneResult } from './result.ts';

/** The line of one set of images. */
interface ImageLine {
  readonly name: string;
  readonly unpruned: Score;
  readonly scoreOf: (point: FrontPoint) => Score;
}

/** In the order of their marks. */
function linesOf({ unpruned, validation, test }: PruneResult): readonly ImageLine[] {
  return [
    { name: 'tuning images', unpruned, scoreOf: ({ tuning }) => tuning },
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

export function frontLegend(result: PruneResult): Html {
  return html`<ul class="legend">
    ${linesOf(result).map(({ name }, i) => html`<li>${layerLabel(i, name)}</li>`)}
  </ul>`;
}

/** How much loss and accuracy of each state differ from the unpruned network's. `front` must not be empty. */
export function frontChart(result: PruneResult, front: readonly FrontPoint[]): Html {
  const [quality, loss] = measuresOf(result.task, percent);
  const final = front.find((point) => point.final) ?? front.at(-1)!;
  const changes = linesOf(result).map(
    ({ name, unpruned, scoreOf }) => `${name} ${nats(scoreOf(final).loss - unpruned.loss)}`,
  );
  const altText =
    `Two line charts over global sparsity in percent: the change of the ${withUnit(loss.name, loss.differenceUnit)}, and that of the ` +
    `${withUnit(quality.name, quality.differenceUnit)}. For the result, at ${percent(final.sparsity.global)}, the losses changed by: ${changes.join(', ')}.`;
  return twoPanels(altText, EQUAL_PANELS, (boxes) => frontOption(result, front, boxes));
}

function frontOption(
  result: PruneResult,
  front: readonly FrontPoint[],
  boxes: readonly [Box, Box],
): ChartOption {
  const lines = linesOf(result);
  const measures = measuresOf(result.task, percent).toReversed();
  const x = roundRange(
    front.map(({ sparsity }) => 100 * sparsity.global),
    5,
  );
  return {
    grid: grids(boxes),
    xAxis: measures.map((_, index) => ({ ...sparsityAxis(index, 'global sparsity (%)', x), min: x.min })),
    yAxis: measures.map(({ name, differenceUnit }, index) =>
      valueAxis(index, withUnit(`${name}, change`, differenceUnit)),
    ),
    series: measures.flatMap(({ valueOf }, index) =>
      lines.map(({ unpruned, scoreOf }, line) => {
        const { color, shape } = layerMark(line);
        return {
          type: 'line' as const,
          xAxisIndex: index,
          yAxisIndex: index,
          // The mark of the result is larger.
          data: front.map((point) => ({
            value: [100 * point.sparsity.global, valueOf(scoreOf(point)) - valueOf(unpruned)],
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
