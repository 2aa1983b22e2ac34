/** Accuracy over global sparsity, both in percent: axes, and the lines and marks of what is compared. */
import type { Method } from '../run/result.ts';
import type { PaperBaselineName } from '../text/words.ts';
import { grids, roundRange, sparsityAxis, valueAxis, type Box, type Range } from './axes.ts';
import { clipLine, isInside, type Point } from './clip-line.ts';
import { baselineMark, methodStyle, methodSymbol } from './method-marks.ts';

/** One plot of a chart, with the part of the plane that it shows. */
export interface Panel {
  readonly index: number;
  readonly x: Range;
  readonly y: Range;
}

/** Shows all sparsities and accuracies. */
export const wholePanel: Panel = {
  index: 0,
  x: { min: 0, max: 100, interval: 20 },
  y: { min: 0, max: 100, interval: 20 },
};

/** Grids and axes of the panels; `accuracy` is the name of the vertical axis. */
export function panelAxes(panels: readonly Panel[], boxes: readonly Box[], accuracy: string) {
  return {
    grid: grids(boxes),
    xAxis: panels.map(({ index, x }) => ({ ...sparsityAxis(index, 'global sparsity (%)', x), min: x.min })),
    yAxis: panels.map(({ index, y }) => ({ ...valueAxis(index, `${accuracy} (%)`), ...y })),
  };
}

/** Range with round ends around percentages, with `room` to each side for marks. */
export function rangeAround(values: readonly number[], room: number): Range {
  const { min, max, interval } = roundRange(
    values.flatMap((value) => [value - room, value + room]),
    5,
  );
  return { min: Math.max(min, 0), max: Math.min(max, 100), interval };
}

/** The line of a baseline with a mark at each of its points. */
export function curveSeries({ index, x, y }: Panel, name: PaperBaselineName, points: readonly Point[]) {
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

/** A dashed line across the panel at the accuracy `value` of the unpruned network. */
export function unprunedLine({ index, x, y }: Panel, value: number) {
  const ends: readonly Point[] = [
    [0, value],
    [100, value],
  ];
  return clipLine(ends, x, y).map((piece) =>
    line(index, piece, { color: 'var(--muted)', width: 1.5, type: [5, 4] }),
  );
}

/** The mark of a search, above the lines. */
export function star({ index }: Panel, method: Method, point: Point, size: number) {
  return {
    ...line(index, [point], { width: 0 }),
    symbol: methodSymbol,
    symbolSize: size,
    itemStyle: methodStyle(method),
    z: 5,
  };
}

export function line(
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
