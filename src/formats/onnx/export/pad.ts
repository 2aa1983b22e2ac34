import type { Padding } from '../../../kernels/window.ts';
import type { OperatorGraph } from './graph.ts';

/** Name of the pads of a Pad operator: how much is added before and after each axis, of which the first is the batch. */
export const padsOf = (
  graph: OperatorGraph,
  [top, left, bottom, right]: Padding,
  [before, after]: readonly [number, number] = [0, 0],
): string => graph.integers([0, before, top, left, 0, after, bottom, right]);
