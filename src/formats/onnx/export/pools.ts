/**
 * Pooling as operators that all runtimes agree on. They differ in what `ceil_mode` gives where a last window sticks out or padding
 * counts, so the windows that there are come from padding alone: for those that stick out there is more of it at the end.
 */
import { pooledSize } from '../../../kernels/pool2d.ts';
import { extentOf, type Padding, type Size2d, type Window } from '../../../kernels/window.ts';
import type { Pool2dNode, Shape } from '../../../network/network.ts';
import type { AddOperator, OperatorGraph } from './graph.ts';
import { padsOf } from './pad.ts';

const NO_PADDING: Padding = [0, 0, 0, 0];

/** Of convolutions and of pooling, but for the padding. */
export const windowAttributes = ({ kernel, stride, dilation }: Window) => ({
  kernel_shape: { ints: kernel },
  strides: { ints: stride },
  dilations: { ints: dilation },
});

/** Whether the operator for it came later than others. */
export const isDilatedMean = ({ operation, dilation }: Pool2dNode): boolean =>
  operation === 'average' && dilation.some((pixels) => pixels > 1);

/** @param shape of the node's input */
export function exportPool(
  node: Pool2dNode,
  shape: Shape,
  x: string,
  add: AddOperator,
  graph: OperatorGraph,
): string {
  const size: Size2d = [shape[1]!, shape[2]!];
  const padding = paddingOfWindows(node, shape[0]!, size);
  if (node.operation === 'max') {
    const pool = (input: string, pads: Padding) =>
      add('MaxPool', [input], { attributes: { ...windowAttributes(node), pads: { ints: pads } } });
    if (isWithinKernel(padding, node)) return pool(x, padding);
    const lowest = graph.number(-Infinity);
    return pool(add('Pad', [x, padsOf(graph, padding), lowest], { part: 'padded' }), NO_PADDING);
  }
  return exportMean(node, shape[0]!, size, padding, x, add, graph);
}

/** @param padding with which no window sticks out: as much of it as the node has may count, what is beyond that never does */
function exportMean(
  node: Pool2dNode,
  channels: number,
  size: Size2d,
  padding: Padding,
  x: string,
  add: AddOperator,
  graph: OperatorGraph,
): string {
  const counted = node.countPadding ? node.padding : NO_PADDING;
  const beyond = padding.map((pixels, side) => pixels - counted[side]!) as unknown as Padding;
  if (isNone(beyond) && isWithinKernel(counted, node))
    return add('AveragePool', [x], { attributes: averageAttributes(node, counted, !isNone(counted)) });
  if (!isNone(beyond) && isWithinKernel(beyond, node)) {
    const inside = isNone(counted) ? x : add('Pad', [x, padsOf(graph, counted)], { part: 'counted' });
    return add('AveragePool', [inside], { attributes: averageAttributes(node, beyond, false) });
  }
  // A kernel with holes, and more padding than pooling may have. Not by a Pad: ONNX Runtime makes that padding of the pooling again.
  const [height, width] = node.kernel;
  const area = height * width;
  const weight = graph.filled([channels, 1, height, width], 1 / area);
  const attributes = {
    ...windowAttributes(node),
    ...{ pads: { ints: padding }, group: { int: channels } },
  };
  if (isNone(beyond)) return add('Conv', [x, weight], { attributes });
  const mean = add('Conv', [x, weight], { part: 'mean', attributes });
  const [rows, columns] = ([0, 1] as const).map((axis) => insideOf(node, axis, size[axis], padding, counted));
  const factors = rows!.flatMap((tall) => columns!.map((wide) => area / (tall * wide)));
  const name = graph.reserve(`${node.name}.factors`);
  const shape = [1, rows!.length, columns!.length];
  return add('Mul', [mean, graph.tensor(name, shape, Float32Array.from(factors))]);
}

function averageAttributes(node: Pool2dNode, padding: Padding, isCounted: boolean) {
  const { dilations, ...window } = windowAttributes(node);
  return {
    ...window,
    // Older versions of the operator have none.
    ...(isDilatedMean(node) && { dilations }),
    ...{ pads: { ints: padding }, count_include_pad: { int: Number(isCounted) } },
  };
}

const isNone = (padding: Padding) => padding.every((pixels) => pixels === 0);

/** ONNX Runtime refuses more padding, even where a kernel has holes. */
const isWithinKernel = (padding: Padding, { kernel }: Window) =>
  padding.every((pixels, side) => pixels < kernel[side % 2]!);

/** The padding with which no window sticks out. */
function paddingOfWindows(node: Pool2dNode, channels: number, size: Size2d): Padding {
  const { padding, stride } = node;
  const places = pooledSize({ ...node, channels, inHeight: size[0], inWidth: size[1] });
  const extent = extentOf(node);
  const [bottom, right] = ([0, 1] as const).map((axis) => {
    const end = (places[axis] - 1) * stride[axis] + extent[axis];
    return Math.max(padding[axis + 2]!, end - size[axis] - padding[axis]);
  });
  return [padding[0], padding[1], bottom!, right!];
}

/** How many of the kernel's rows (axis 0) or columns (axis 1) count, for each window. */
function insideOf(
  window: Window,
  axis: 0 | 1,
  size: number,
  padding: Padding,
  counted: Padding,
): readonly number[] {
  const { kernel, stride, dilation } = window;
  const places =
    Math.floor((size + padding[axis] + padding[axis + 2]! - extentOf(window)[axis]) / stride[axis]) + 1;
  return Array.from({ length: places }, (_, place) => {
    const start = place * stride[axis] - padding[axis];
    const lines = Array.from({ length: kernel[axis] }, (_, k) => start + k * dilation[axis]);
    return lines.filter((at) => at >= -counted[axis] && at < size + counted[axis + 2]!).length;
  });
}
