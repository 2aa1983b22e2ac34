/** The course of a search as a line through its steps, in the colour of the layer that each step changed. */
import type { HistoryRow } from '../../search/contract.ts';
import { layerMark } from './layer-marks.ts';

/** Most steps that are drawn with marks: more would hide the lines and make the file several times as large. */
export const MAX_MARKS = 1000;

export interface HistoryLines<Row extends HistoryRow> {
  /** Index of the plot. */
  readonly index: number;
  readonly history: readonly Row[];
  readonly layers: readonly { readonly position: number }[];
  /** Whether every step has a mark. */
  readonly marked: boolean;
  readonly valueOf: (row: Row) => number;
}

/** Sparsity on the horizontal axis: global for a tuned search, the mean over layers for the article's. */
export const sparsityShown = ({ globalSparsity, sparsity }: HistoryRow) => globalSparsity ?? sparsity;

/** `valueOf` the steps over their sparsity in percent. */
export function historyLines<Row extends HistoryRow>({
  index,
  history,
  layers,
  marked,
  valueOf,
}: HistoryLines<Row>) {
  const point = (row: Row) => [100 * sparsityShown(row), valueOf(row)];
  return stretchesOf(history).map(({ rows, before }) => {
    const { color, shape } = layerMark(
      layers.findIndex(({ position }) => position === rows[0]!.layer),
      layers.length,
    );
    // Begins at the step before, which has its mark already, so that the line has no gaps.
    const start = before ? [{ value: point(before), symbol: 'none' }] : [];
    return {
      type: 'line' as const,
      xAxisIndex: index,
      yAxisIndex: index,
      data: [...start, ...rows.map(point)],
      symbol: shape,
      symbolSize: 7,
      showSymbol: marked,
      itemStyle: { color, borderColor: 'var(--surface)', borderWidth: 0.5 },
      lineStyle: { color, width: 1.5 },
      clip: false,
      silent: true,
    };
  });
}

/** A dashed line at `value`, from 0 to `max` on the horizontal axis of plot `index`. */
export function referenceLine(index: number, value: number, max: number) {
  return {
    type: 'line' as const,
    xAxisIndex: index,
    yAxisIndex: index,
    data: [
      [0, value],
      [max, value],
    ],
    symbol: 'none',
    lineStyle: { color: 'var(--muted)', width: 1.5, type: [5, 4] },
    clip: false,
    silent: true,
  };
}

interface Stretch<Row> {
  readonly rows: readonly Row[];
  /** The step before the first of `rows`. */
  readonly before: Row | undefined;
}

/** The steps in order, divided where the layer changes. */
function stretchesOf<Row extends HistoryRow>(history: readonly Row[]): readonly Stretch<Row>[] {
  const starts = history.flatMap((row, i) => (row.layer === history[i - 1]?.layer ? [] : [i]));
  return starts.map((start, i) => ({
    rows: history.slice(start, starts[i + 1]),
    before: history[start - 1],
  }));
}
