/** Shape inference: the shape of every tensor of a network, and a sentence for what does not fit. */
import { MasksearchError } from '../core/error.ts';
import { pooledSize } from '../kernels/pool2d.ts';
import { extentOf, placesOf, type Window } from '../kernels/window.ts';
import { INPUT, type Network, type Node, type Shape } from './network.ts';

/** Elements of a tensor, and features, channels and pixels of an image or signal at the most. */
const MAX_ELEMENTS = 2 ** 30;
/** Pixels under a side of a kernel, dilation included. */
const MAX_EXTENT = 2 ** 16;

/** By the names of the tensors. */
export type Shapes = ReadonlyMap<string, Shape>;

/** The shape of the network's input and of every node's output, by name. Throws 'bad-input' for a graph that does not fit together. */
export function inferShapes(network: Network): Shapes {
  checkShape(network.input, 'the network’s input');
  const shapes = new Map<string, Shape>([[INPUT, network.input]]);
  for (const node of network.nodes) {
    if (shapes.has(node.name)) throw misfit(node, 'has the name of another node');
    const inputs = node.inputs.map((name) => {
      const shape = shapes.get(name);
      if (!shape) throw misfit(node, `reads ${shown(name)}, which is no node before it`);
      return shape;
    });
    const shape = shapeOf(node, inputs);
    checkShape(shape, `the output of ${called(node)}`);
    shapes.set(node.name, shape);
  }
  if (network.output === INPUT || !shapes.has(network.output)) {
    throw new MasksearchError(
      'bad-input',
      `the network’s output is ${shown(network.output)}, which is none of its nodes`,
      'name one of them',
    );
  }
  return shapes;
}

/** The shape of the output of a node that reads tensors of these shapes; those of a concatenation may have any number of channels. */
export function outputShape(node: Node, inputs: readonly Shape[]): Shape {
  const [first] = inputs;
  // A network of that node alone has one input, which all of its inputs are: callers compare those of sums, and channels are added here.
  if (node.kind === 'concat') {
    const channels = inputs.reduce((sum, [size]) => sum + size!, 0);
    return [channels, ...first!.slice(1)];
  }
  const alone = { ...node, inputs: node.inputs.map(() => INPUT) };
  return inferShapes({ input: first!, nodes: [alone], output: node.name }).get(node.name)!;
}

/** Number of elements of a tensor. */
export function elementsOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Channels or features, and pixels per channel. */
export function channelsOf(shape: Shape): { readonly channels: number; readonly area: number } {
  return { channels: shape[0]!, area: elementsOf(shape.slice(1)) };
}

/** "1 x 28 x 28" */
export function shapeText(shape: Shape): string {
  return shape.join(' x ');
}

function shapeOf(node: Node, inputs: readonly Shape[]): Shape {
  const [first] = inputs;
  if (node.kind === 'add' || node.kind === 'concat') {
    if (inputs.length < 2) throw misfit(node, `reads ${inputs.length} tensors, at least 2 are needed`);
  } else if (inputs.length !== 1) {
    throw misfit(node, `reads ${inputs.length} tensors, it takes 1`);
  }
  const x = first!;
  switch (node.kind) {
    case 'conv2d':
      return convShape(node, x);
    case 'dense':
      if (elementsOf(x) !== x[0]) throw misfit(node, `reads ${shapeText(x)}, it needs a flatten before it`);
      checkCount(node, 'outputs', node.outputs);
      return [node.outputs];
    case 'pool2d':
      return poolShape(node, x);
    case 'globalPool':
      return [imageOf(node, x)[0], 1, 1];
    case 'activation':
    case 'batchNorm':
    case 'affine':
      return x;
    case 'add':
      for (const other of inputs) {
        if (shapeText(other) !== shapeText(x))
          throw misfit(node, `adds ${shapeText(x)} and ${shapeText(other)}, only equal shapes are allowed`);
      }
      return x;
    case 'concat':
      for (const other of inputs) {
        if (other.length !== x.length || shapeText(other.slice(1)) !== shapeText(x.slice(1)))
          throw misfit(
            node,
            `joins the channels of ${shapeText(x)} and ${shapeText(other)}, which differ in more than channels`,
          );
      }
      return [inputs.reduce((sum, [channels]) => sum + channels!, 0), ...x.slice(1)];
    case 'pad': {
      const [channels, height, width] = imageOf(node, x);
      const { padding } = node;
      for (const size of [...padding, ...node.channels]) checkSize(node, 'a padding', size, 0);
      return [
        node.channels[0] + channels + node.channels[1],
        padding[0] + height + padding[2],
        padding[1] + width + padding[3],
      ];
    }
    case 'flatten':
      return [elementsOf(x)];
  }
}

function convShape(node: Extract<Node, { kind: 'conv2d' }>, x: Shape): Shape {
  const [channels, height, width] = imageOf(node, x);
  const { outChannels, groups } = node;
  checkCount(node, 'outChannels', outChannels);
  checkCount(node, 'groups', groups);
  checkWindow(node, node, height, width);
  if (channels % groups !== 0 || outChannels % groups !== 0)
    throw misfit(
      node,
      `has ${groups} groups for ${channels} input and ${outChannels} output channels, which it must divide`,
    );
  return [outChannels, ...placesOf(height, width, node)];
}

function poolShape(node: Extract<Node, { kind: 'pool2d' }>, x: Shape): Shape {
  const [channels, inHeight, inWidth] = imageOf(node, x);
  checkWindow(node, node, inHeight, inWidth);
  const [height, width] = extentOf(node);
  const [top, left, bottom, right] = node.padding;
  // Otherwise a window could lie in the padding alone.
  if (Math.max(top, bottom) >= height || Math.max(left, right) >= width)
    throw misfit(
      node,
      `pads by ${node.padding.join(', ')} pixels, less than its kernel of ${height} x ${width} is allowed`,
    );
  const [rows, columns] = pooledSize({ ...node, channels, inHeight, inWidth });
  if (!coversPixels(node, 0, inHeight, rows) || !coversPixels(node, 1, inWidth, columns))
    throw misfit(
      node,
      `has a dilation of ${node.dilation.join(' x ')}, with which a window lies over no pixel`,
    );
  return [channels, rows, columns];
}

/** Whether every window lies over some of `size` rows (axis 0) or columns (axis 1). */
function coversPixels(
  { kernel, stride, padding, dilation }: Window,
  axis: 0 | 1,
  size: number,
  places: number,
): boolean {
  for (let place = 0; place < places; place++) {
    const start = place * stride[axis] - padding[axis];
    const firstInside = Math.max(0, Math.ceil(-start / dilation[axis]));
    if (firstInside >= kernel[axis] || start + firstInside * dilation[axis] >= size) return false;
  }
  return true;
}

function checkWindow(node: Node, window: Window, height: number, width: number): void {
  for (const size of [...window.kernel, ...window.stride, ...window.dilation])
    checkSize(node, 'a kernel size, stride or dilation', size, 1);
  for (const size of window.padding) checkSize(node, 'a padding', size, 0);
  const [top, left, bottom, right] = window.padding;
  const [tall, wide] = extentOf(window);
  if (Math.max(tall, wide) > MAX_EXTENT)
    throw misfit(node, `has a kernel of ${tall} x ${wide}, at most ${MAX_EXTENT} pixels a side are allowed`);
  if (height + top + bottom < tall || width + left + right < wide)
    throw misfit(
      node,
      `has a kernel of ${tall} x ${wide} over ${height + top + bottom} x ${width + left + right} pixels`,
    );
}

/** Channels, height and width of an image. */
function imageOf(node: Node, shape: Shape): readonly [number, number, number] {
  const [channels, height, width] = shape;
  if (height === undefined || width === undefined)
    throw misfit(node, `reads ${shapeText(shape)} features, only channels x height x width are allowed`);
  return [channels!, height, width];
}

function checkShape(shape: Shape, what: string): void {
  const sizes = shape.every((size) => Number.isSafeInteger(size) && size >= 1);
  if (!sizes || (shape.length !== 1 && shape.length !== 3) || elementsOf(shape) > MAX_ELEMENTS)
    throw new MasksearchError(
      'bad-input',
      `${what} has the shape ${shapeText(shape)}, only features or channels x height x width of at most ${MAX_ELEMENTS} elements are allowed`,
      'change the network',
    );
}

const checkCount = (node: Node, what: string, value: number) => checkSize(node, what, value, 1);

function checkSize(node: Node, what: string, value: number, min: number): void {
  if (!(Number.isSafeInteger(value) && value >= min && value <= MAX_ELEMENTS))
    throw misfit(node, `has ${value} as ${what}, only whole numbers from ${min} on are allowed`);
}

/** The error of a node that does not fit, named at the start of the sentence. */
export function misfit(node: Node, why: string, fix = 'change the network'): MasksearchError {
  return new MasksearchError('bad-input', `${called(node)} ${why}`, fix);
}

const called = ({ kind, name }: Node) => `${kind} ${shown(name)}`;

/** Names may come from files: short and printable. */
export const shown = (name: string) => JSON.stringify(name.slice(0, 64)).replace(/[^\x20-\x7e]/g, '?');
