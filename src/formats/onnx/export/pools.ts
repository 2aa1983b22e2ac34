/** Pooling as operators that all runtimes agree on. */
import { pooledSize } from '../../../kernels/pool2d.ts';
import { extentOf, type Padding, type Window } from '../../../kernels/window.ts';
import type { Pool2dNode, Shape } from '../../../network/network.ts';
import type { AddOperator, OperatorGraph } from './graph.ts';
import type { AttributeValue } from './messages.ts';

/** Of convolutions and of pooling, but for the padding. */
export const windowAttributes = ({ kernel, stride, dilation }: Window) => ({
  kernel_shape: { ints: kernel },
  strides: { ints: stride },
  dilations: { ints: dilation },
});

/** Pads of a Pad operator: zeros before and after each axis, of which the first is the batch. */
export const zeros = (
  graph: OperatorGraph,
  [top, left, bottom, right]: Padding,
  [before, after]: readonly [number, number] = [0, 0],
): string => graph.integers([0, before, top, left, 0, after, bottom, right]);

/**
 * Runtimes differ in what `ceil_mode` gives where a last window sticks out or padding counts. So the windows that there are come from
 * padding alone: for those that stick out there is more of it at the end, which no maximum and no mean counts.
 *
 * @param shape of what the node reads
 */
export function exportPool(
  node: Pool2dNode,
  shape: Shape,
  x: string,
  add: AddOperator,
  graph: OperatorGraph,
): string {
  const window = windowAttributes(node);
  const { padding, dilation } = node;
  const whole = paddingOfWindows(node, shape);
  if (node.operation === 'max')
    return add('MaxPool', [x], { attributes: { ...window, pads: { ints: whole } } });
  const { dilations, ...plain } = window;
  const average = (input: string, pads: Padding, counts: boolean) => {
    const attributes: Record<string, AttributeValue> = {
      ...plain,
      // Older versions of the operator have none.
      ...(isDilated({ dilation }) && { dilations }),
      ...{ pads: { ints: pads }, count_include_pad: { int: Number(counts) } },
    };
    return add('AveragePool', [input], { attributes });
  };
  const isCounted = node.countPadding && padding.some((pixels) => pixels > 0);
  const sticksOut = whole.some((pixels, side) => pixels > padding[side]!);
  if (!isCounted || !sticksOut) return average(x, whole, isCounted);
  // What is padded counts, what is beyond it does not.
  const padded = add('Pad', [x, zeros(graph, padding)], { part: 'padded' });
  return average(padded, whole.map((pixels, side) => pixels - padding[side]!) as unknown as Padding, false);
}

export const isDilated = ({ dilation }: Pick<Window, 'dilation'>): boolean =>
  dilation.some((pixels) => pixels > 1);

/** The padding with which no window sticks out. */
function paddingOfWindows(node: Pool2dNode, [channels, inHeight, inWidth]: Shape): Padding {
  const { padding, stride } = node;
  const sizes = [inHeight!, inWidth!] as const;
  const places = pooledSize({ ...node, channels: channels!, inHeight: sizes[0], inWidth: sizes[1] });
  const extent = extentOf(node);
  const after = ([0, 1] as const).map((axis) => {
    const end = (places[axis] - 1) * stride[axis] + extent[axis];
    return Math.max(padding[axis + 2]!, end - sizes[axis] - padding[axis]);
  });
  return [padding[0], padding[1], after[0]!, after[1]!];
}
