/** What the values of an ONNX graph are while it becomes a network. */
import type { Shape } from '../../../../network/network.ts';
import type { Numbers } from '../../../arrays/array.ts';
import type { OnnxNode, OnnxTensor } from '../../messages.ts';

/** Known without an input. */
export interface Constant {
  readonly kind: 'constant';
  readonly shape: readonly number[];
  /** Row-major. */
  readonly numbers: Numbers;
  readonly isFloat: boolean;
  /** Undefined if it was computed, and so has no place in the file. */
  readonly origin?: Origin | undefined;
}

/** Where the numbers of a constant lie. */
export interface Origin {
  readonly name: string;
  readonly tensor: OnnxTensor;
  /** Index in the tensor of each number; undefined if they are in the same order. */
  readonly order: Uint32Array | undefined;
}

/** The output of a node of the network, as the graph sees it: its elements may be in another order and have other axes. */
export interface Activation {
  readonly kind: 'activation';
  readonly node: string;
  /** Shape of the node's output. */
  readonly layout: Shape;
  /** In the graph: the batch and the axes of an image. */
  readonly shape: readonly number[];
  /** Index in the node's output of each element of an image; undefined if they are in the same order. */
  readonly order: Uint32Array | undefined;
  /** A function of each element that no node computes yet. */
  readonly pending?: Pending | undefined;
  /** The operator that turned scores into probabilities, which the loss does instead: the network ends here. */
  readonly ending?: string | undefined;
  /** Whether it is the input, or a function of each of its elements: then the layout of the input may still be chosen. */
  readonly isInput: boolean;
}

/** A function of each element of `base`, given by its values at the points of elementwise.ts. */
export interface Pending {
  readonly base: Activation;
  readonly values: Float64Array;
  /** The last operator of it. */
  readonly node: OnnxNode;
  readonly last: LastStep;
  /** Operators in it. */
  readonly steps: number;
}

/** What the last operator computes from functions of the same base. */
export type LastStep =
  | { readonly kind: 'unary'; readonly inner: Activation; readonly of: (x: number) => number }
  | {
      readonly kind: 'binary';
      readonly left: Activation;
      readonly right: Activation;
      readonly of: (x: number, y: number) => number;
    };

export type Value = Constant | Activation;

export const isConstant = (value: Value | undefined): value is Constant => value?.kind === 'constant';

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** Axes of one image. */
export const imageAxes = ({ shape }: Activation): readonly number[] => shape.slice(1);

export function sameOrder(a: Uint32Array | undefined, b: Uint32Array | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && a.length === b.length && a.every((index, i) => index === b[i]);
}

/** Undefined in place of the order that changes nothing. */
export const unlessIdentity = (order: Uint32Array): Uint32Array | undefined =>
  order.every((index, i) => index === i) ? undefined : order;

/** Index in the file of each number, where `source` has the index in the constant. */
export function composed(
  order: Uint32Array | undefined,
  source: Uint32Array | undefined,
): Uint32Array | undefined {
  if (!order || !source) return order ?? source;
  const both = new Uint32Array(source.length);
  for (let i = 0; i < source.length; i++) both[i] = order[source[i]!]!;
  return both;
}
