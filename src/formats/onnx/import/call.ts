/** What an operator gets, and how it reads it. */
import { shapeText } from '../../../network/shapes.ts';
import type { Shape } from '../../../network/network.ts';
import type { OnnxNode, OnnxTensor } from '../messages.ts';
import { unsupported } from './errors.ts';
import { InputLayout } from './input-layout.ts';
import { transposed } from './values/layout.ts';
import type { NetworkImport } from './network-import.ts';
import {
  imageAxes,
  isConstant,
  sameOrder,
  sizeOf,
  type Activation,
  type Constant,
  type Value,
} from './values/value.ts';

/** Numbers of a shape, a list of axes and the like at the most. */
const MAX_LIST = 64;

export interface Call {
  readonly onnx: OnnxNode;
  /** Version of the operators. */
  readonly opset: number;
  readonly inputs: readonly (Value | undefined)[];
  readonly network: NetworkImport;
  /** Nodes that read a value, the graph's outputs included. */
  readonly readers: (name: string) => number;
  /** Whether a value is read once, and so is each other that is the output of the same node of the network. */
  readonly isReadOnce: (name: string) => boolean;
  /** The constant that a tensor of the file is. */
  readonly constantOf: (name: string, tensor: OnnxTensor) => Constant;
}

/** Computes the first output of a node; no other is supported. */
export type Operator = (call: Call) => Value;

interface AttributeKinds {
  readonly float: number;
  readonly int: number;
  readonly text: string;
  readonly ints: readonly number[];
  readonly floats: readonly number[];
  readonly tensor: OnnxTensor;
}

/** An attribute, if the node has it. Throws 'bad-input' for one of another type. */
export function attribute<Kind extends keyof AttributeKinds>(
  { onnx }: Pick<Call, 'onnx'>,
  kind: Kind,
  name: string,
): AttributeKinds[Kind] | undefined {
  const found = onnx.attributes.get(name);
  if (found === undefined) return undefined;
  if (found.kind !== kind) throw unsupported(onnx, `has an attribute ${name} that is no ${kind}`);
  if (found.kind === 'ints' && found.value.length > MAX_LIST && !name.startsWith('value'))
    throw unsupported(
      onnx,
      `has ${found.value.length} numbers in ${name}, at most ${MAX_LIST} are supported`,
    );
  return found.value as AttributeKinds[Kind];
}

/** Counts the elements of `x`, which the operator looks at one by one, so many times. */
export function countWork({ onnx, network }: Call, x: Activation, times = 1): void {
  network.budget.work(onnx, times * sizeOf(imageAxes(x)));
}

export const flag = (call: Call, name: string): boolean => (attribute(call, 'int', name) ?? 0) !== 0;

/** An input that only a constant may be; undefined if it is left out. */
export function constant(call: Call, index: number, what: string): Constant | undefined {
  const value = call.inputs[index];
  if (value === undefined || isConstant(value)) return value;
  throw unsupported(call.onnx, `has ${what} that depend on the input of the network`);
}

/** Whole numbers, from an input or in older versions from the attribute of that name. */
export function integers(call: Call, index: number, name: string): readonly number[] | undefined {
  const given = constant(call, index, name);
  if (!given) return attribute(call, 'ints', name);
  return integersOf(call, given, name);
}

function integersOf({ onnx }: Call, { numbers }: Constant, name: string): readonly number[] {
  if (numbers.length > MAX_LIST || !numbers.every(Number.isInteger))
    throw unsupported(onnx, `has ${name} that are no list of at most ${MAX_LIST} whole numbers`);
  return Array.from(numbers);
}

/** The activation that an operator reads. Throws 'bad-input' for a constant, and for what is behind the end of the network. */
export function activation(call: Call, index = 0): Activation {
  const value = call.inputs[index];
  if (value === undefined || isConstant(value))
    throw unsupported(call.onnx, 'reads nothing that depends on the input of the network');
  return inside(call, value);
}

export function inside({ onnx }: Call, value: Activation): Activation {
  if (value.ending === undefined) return value;
  throw unsupported(onnx, `reads the output of ${value.ending}, which only a network's last operator may be`);
}

/** An axis counted from the front. Throws 'bad-input' for one that is not there. */
export function axisOf({ onnx }: Call, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && positive >= 0 && positive < rank) return positive;
  throw unsupported(onnx, `has an axis of ${axis} where there are ${rank}`);
}

/** An image whose layout is the one that convolutions need. */
export interface Image {
  readonly x: Activation;
  /** Whether rows and columns are the other way round here, which for an image of one row or column changes nothing else. */
  readonly isTurned: boolean;
}

/** Throws 'bad-input' unless `value` is [channels, height, width] or [channels, length] in that order. */
export function imageOf(call: Call, value: Activation): Image {
  const x = call.network.computed(value);
  const axes = imageAxes(x);
  const wanted = asImage(axes);
  if (!wanted)
    throw unsupported(call.onnx, `reads ${shapeText(axes)} numbers, only images or signals are supported`);
  const fits = (shape: Shape) => shapeText(x.layout) === shapeText(shape);
  if (x.order === undefined && fits(wanted)) return { x, isTurned: false };
  if (x.isInput) throw new InputLayout(wanted, x.order);
  const [channels, height, width] = wanted;
  const isLine = height === 1 || width === 1;
  if (isLine && x.order === undefined && fits([channels, width, height])) return { x, isTurned: true };
  throw unsupported(
    call.onnx,
    `reads ${shapeText(axes)} whose elements are in another order than channels, rows, columns`,
  );
}

function asImage(axes: readonly number[]): readonly [number, number, number] | undefined {
  if (axes.length === 3) return axes as readonly [number, number, number];
  return axes.length === 2 ? [axes[0]!, 1, axes[1]!] : undefined;
}

/** The output of a node that was added for an image, as the graph sees it: of as many axes as the input. */
export function asGraphSees(
  { x: { shape }, isTurned }: Image,
  { node, layout }: { readonly node: string; readonly layout: Shape },
): Activation {
  const [channels, height, width] = layout as readonly [number, number, number];
  const batch = shape[0]!;
  const isSignal = shape.length === 3;
  const axes = isTurned ? [channels, width, height] : [channels, height, width];
  const order = isTurned ? transposed(layout, [0, 2, 1]).source : undefined;
  return {
    kind: 'activation',
    node,
    layout,
    shape: [batch, ...(isSignal ? [channels, height * width] : axes)],
    order,
    isInput: false,
  };
}

/** Which axis of the layout each axis of an image is; undefined if elements are mixed otherwise. */
export function layoutAxes(call: Call, x: Activation): readonly number[] | undefined {
  // Orders differ early where they do.
  countWork(call, x, 2);
  const axes = imageAxes(x);
  const all = x.layout.map((_, axis) => axis);
  for (const candidate of arrangements(all, axes.length)) {
    const left = all.filter((axis) => !candidate.includes(axis));
    if (!left.every((axis) => x.layout[axis] === 1)) continue;
    if (!candidate.every((axis, i) => x.layout[axis] === axes[i])) continue;
    if (sameOrder(transposed(x.layout, [...candidate, ...left]).source, x.order)) return candidate;
  }
  return undefined;
}

/** All ways to choose `count` of some things, in any order. */
function arrangements(things: readonly number[], count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]];
  return things.flatMap((thing) =>
    arrangements(
      things.filter((other) => other !== thing),
      count - 1,
    ).map((rest) => [thing, ...rest]),
  );
}
