/** The parts of a line inside a plot, for charts whose axes do not reach all points. */
import type { Range } from './axes.ts';

export type Point = readonly [x: number, y: number];

export function isInside([x, y]: Point, xRange: Range, yRange: Range): boolean {
  return x >= xRange.min && x <= xRange.max && y >= yRange.min && y <= yRange.max;
}

/** The pieces of the line through `points` that are inside the ranges; they end where the line crosses an edge. */
export function clipLine(
  points: readonly Point[],
  xRange: Range,
  yRange: Range,
): readonly (readonly Point[])[] {
  const pieces: Point[][] = [];
  for (let i = 1; i < points.length; i++) {
    const [from, to] = [points[i - 1]!, points[i]!];
    const part = insidePart(from, to, [xRange, yRange]);
    if (!part) continue;
    const at = (t: number): Point => [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])];
    const [start, end] = [part[0] === 0 ? from : at(part[0]), part[1] === 1 ? to : at(part[1])];
    if (pieces.at(-1)?.at(-1) === start) pieces.at(-1)!.push(end);
    else pieces.push([start, end]);
  }
  return pieces;
}

/** Start and end of the part of a segment that is inside, as fractions of its length (Liang and Barsky); undefined if none is. */
function insidePart(
  from: Point,
  to: Point,
  ranges: readonly [Range, Range],
): readonly [number, number] | undefined {
  let [first, last] = [0, 1];
  for (const axis of [0, 1] as const) {
    const [start, length] = [from[axis], to[axis] - from[axis]];
    const { min, max } = ranges[axis];
    if (length === 0) {
      if (start < min || start > max) return undefined;
      continue;
    }
    const crossings = [(min - start) / length, (max - start) / length];
    first = Math.max(first, Math.min(...crossings));
    last = Math.min(last, Math.max(...crossings));
  }
  return first < last ? [first, last] : undefined;
}
