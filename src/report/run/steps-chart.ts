import type { HistoryRow } from '../../search/contract.ts';
import { grids, percentAxis, sparsityAxis, valueAxis, type Box } from '../chart/axes.ts';
import { historyLines, MAX_MARKS, referenceLine, sparsityShown } from '../chart/history-lines.ts';
import { EQUAL_PANELS, twoPanels } from '../chart/panels.ts';
import type { ChartOption } from '../chart/svg-chart.ts';
import type { Html } from '../html/html.ts';
import { measuresOf, withUnit, type Measure } from '../text/measures.ts';
import { count, nats, percent } from '../text/numbers.ts';
import { STEP_NAMES } from '../text/words.ts';
import type { PruneResult } from './result.ts';

/**
 * The quality and the loss of the steps over their sparsity, in the colours of the layers, and the unpruned network as a dashed
 * line. `history` must not be empty.
 */
export function stepsChart(result: PruneResult, history: readonly HistoryRow[]): Html {
  const kind = kindOfSparsity(history);
  const [quality, loss] = measuresOf(result.task, percent);
  const unit = loss.unit === 'nats' ? ' nats' : '';
  const state = (row: HistoryRow) =>
    `${kind} sparsity ${percent(sparsityShown(row))}, ${quality.name} ${quality.textOf(row)}, loss ${nats(row.loss)}${unit}`;
  const altText =
    `Two line charts of ${count(history.length)} ${STEP_NAMES[result.method]}, ${withUnit(quality.name, quality.unit)} and ${withUnit(loss.name, loss.unit)} over ${kind} ` +
    `sparsity in percent. The first: ${state(history[0]!)}. The last: ${state(history.at(-1)!)}.`;
  return twoPanels(altText, EQUAL_PANELS, (boxes) => stepsOption(result, history, boxes));
}

const kindOfSparsity = ([first]: readonly HistoryRow[]) =>
  first?.globalSparsity === undefined ? 'mean-layer' : 'global';

function stepsOption(
  { task, unpruned, layers }: PruneResult,
  history: readonly HistoryRow[],
  boxes: readonly [Box, Box],
): ChartOption {
  const axis = percentAxis(
    history.reduce((most, row) => (sparsityShown(row) > most ? sparsityShown(row) : most), 0),
  );
  const marked = history.length <= MAX_MARKS;
  const measures = measuresOf(task, percent);
  const panel = ({ valueOf }: Measure, index: number) => [
    referenceLine(index, valueOf(unpruned), axis.max),
    ...historyLines({ index, history, layers, marked, valueOf }),
  ];
  return {
    grid: grids(boxes),
    xAxis: boxes.map((_, index) => sparsityAxis(index, `${kindOfSparsity(history)} sparsity (%)`, axis)),
    yAxis: measures.map(({ name, unit }, index) => valueAxis(index, withUnit(name, unit))),
    series: measures.flatMap(panel),
  };
}
