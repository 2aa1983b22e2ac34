/** The course of a search as lines: one for each layer, in the order of the steps. */
import type { HistoryRow } from '../../search/contract.ts';
import { layerMark } from './layer-marks.ts';

/** Above this many steps their marks would hide the lines and weigh more than the rest of the file. */
export const MAX_MARKS = 1000;

export interface HistoryLines {
  /** Of the panel. */
  readonly index: number;
  readonly history: readonly HistoryRow[];
  readonly layers: readonly { readonly position: number }[];
  /** Whether every step has its mark. */
  readonly marked: boolean;
  readonly valueOf: (row: HistoryRow) => number;
}

/** What a step is drawn over: the sparsity that its search was after, of all weights or the mean over layers. */
export const sparsityShown = ({ globalSparsity, sparsity }: HistoryRow) => globalSparsity ?? sparsity;

/** `valueOf` the steps over their sparsity in percent, in the colours of the layers. */
export function historyLines({ index, history, layers, marked, valueOf }: HistoryLines) {
  const point = (row: HistoryRow) => [100 * sparsityShown(row), valueOf(row)];
  return stretchesOf(history).map(({ rows, before }) => {
    const { color, shape } = layerMark(layers.findIndex(({ position }) => position === rows[0]!.layer));
    // From the step before on, which has its mark already, so that the course of the search is one line.
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

/** A dashed line at `value`, from 0 to `max` on the horizontal axis of panel `index`. */
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

interface Stretch {
  readonly rows: readonly HistoryRow[];
  /** The step before the first of `rows`. */
  readonly before: HistoryRow | undefined;
}

/** The steps in order, cut where the layer changes. */
function stretchesOf(history: readonly HistoryRow[]): readonly Stretch[] {
  const starts = history.flatMap((row, i) => (row.layer === history[i - 1]?.layer ? [] : [i]));
  return starts.map((start, i) => ({
    rows: history.slice(start, starts[i + 1]),
    before: history[start - 1],
  }));
}
