/** Where the plots of a chart are, and their axes. */
import { ending } from './layer-marks.ts';
import { chartAxisLine, chartGridLine, chartText } from './svg-chart.ts';

/** A plot, without its axis labels, in the drawing's pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Grids whose sizes do not depend on the labels around them. */
export function grids(boxes: readonly Box[]) {
  return boxes.map((box) => ({ ...box, outerBoundsMode: 'none' as const }));
}

/** A vertical axis of values, not necessarily from 0. */
export function valueAxis(gridIndex: number, name: string) {
  return {
    gridIndex,
    type: 'value' as const,
    name,
    scale: true,
    splitNumber: 4,
    // Horizontal text above the axis, left-aligned with its labels.
    nameLocation: 'end' as const,
    nameGap: 14,
    nameTextStyle: { ...chartText, align: 'left' as const, padding: [0, 0, 0, -40] },
    axisLabel: chartText,
    splitLine: chartGridLine,
  };
}

/** A horizontal axis of percentages, from 0. */
export function sparsityAxis(gridIndex: number, name: string, { max, interval }: Range) {
  return {
    ...namedBelow(gridIndex, name),
    min: 0,
    max,
    interval,
    axisLine: chartAxisLine,
    axisTick: { show: false },
    splitLine: { show: false },
  };
}

/** A horizontal axis of the lengths of bars. */
export function barAxis(gridIndex: number, name: string, range: Range) {
  return { ...namedBelow(gridIndex, name), ...range, splitLine: chartGridLine };
}

function namedBelow(gridIndex: number, name: string) {
  return {
    gridIndex,
    type: 'value' as const,
    name,
    nameLocation: 'middle' as const,
    nameGap: 34,
    nameTextStyle: chartText,
    axisLabel: chartText,
  };
}

/** Most characters of a name on a layer axis; of longer ones it has the end. */
const MAX_NAME = 15;

/** Width of the names on a layer axis, in the drawing's pixels; wider ones are cut off. */
export function layerNamesWidth(names: readonly string[]): number {
  return Math.min(8 * Math.max(...names.map((name) => name.length)), 120);
}

/** A vertical axis of layers, the first one on top. */
export function layerAxis(gridIndex: number, names: readonly string[]) {
  return {
    gridIndex,
    type: 'category' as const,
    inverse: true,
    name: 'layer',
    nameLocation: 'start' as const,
    nameGap: 14,
    nameTextStyle: { ...chartText, align: 'right' as const, padding: [0, 8, 0, 0] },
    data: names.map((name) => ending(name, MAX_NAME)),
    axisLabel: {
      ...chartText,
      interval: 0,
      width: layerNamesWidth(names),
      overflow: 'truncate' as const,
    },
    axisLine: chartAxisLine,
    axisTick: { show: false },
  };
}

export interface Range {
  readonly min: number;
  readonly max: number;
  /** Between two labels. */
  readonly interval: number;
}

/** An axis in percent, from 0 to at least the fraction `largest`, with at most six labels. */
export function percentAxis(largest: number): Range {
  const percents = 100 * largest;
  const interval = [0.1, 0.2, 0.5, 1, 2, 5, 10].find((step) => percents <= 5 * step) ?? 20;
  return { min: 0, max: interval * Math.max(1, Math.ceil(percents / interval)), interval };
}

/** Round ends around `values`, with at most `intervals` + 1 steps between them; 0 to 1 for no finite values. */
export function roundRange(values: readonly number[], intervals: number): Range {
  const [low, high] = extent(values);
  // Values that are all equal still need an axis of some length.
  const length = high > low ? high - low : Math.abs(high) || 1;
  const power = 10 ** Math.floor(Math.log10(length / intervals));
  const interval = power * ([1, 2, 5].find((step) => length <= intervals * step * power) ?? 10);
  // Rounded, since 3 * 0.1 would label the end of an axis 0.30000000000000004.
  const exact = (multiple: number) => Number((multiple * interval).toPrecision(12));
  const first = Math.floor(low / interval);
  return { min: exact(first), max: exact(Math.max(first + 1, Math.ceil(high / interval))), interval };
}

/** Smallest and largest of the finite `values`. */
function extent(values: readonly number[]): readonly [number, number] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  // Not Math.min(...finite): a long history would be too many arguments.
  return finite.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
}

/** Powers of two around the positive `values`, for a logarithmic axis. */
export function doublingRange(values: readonly number[]): { readonly min: number; readonly max: number } {
  const [low, high] = extent(values.filter((value) => value > 0));
  const first = Math.floor(Math.log2(low || 1));
  return { min: 2 ** first, max: 2 ** Math.max(first + 1, Math.ceil(Math.log2(high))) };
}
