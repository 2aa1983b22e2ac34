/**
 * A feed-forward network as data: a graph of nodes, without weights. It must not know a device or a file format.
 *
 * A tensor is [channels, height, width] or [features]; a signal is [channels, 1, length]. Parameters are named, so that
 * several nodes may share them: shared weights have one mask.
 */
import type { Activation } from '../kernels/activation.ts';
import type { PoolOperation } from '../kernels/pool2d.ts';
import type { Padding, Size2d, Window } from '../kernels/window.ts';

/** [channels, height, width] or [features]. */
export type Shape = readonly number[];

/** The name under which nodes read the network's input. */
export const INPUT = 'input';

/** Of a node or a parameter, in characters. Exporters name nodes after their place in nested modules, some in several hundred. */
export const MAX_NAME_LENGTH = 1000;

export interface Network {
  readonly input: Shape;
  /** In topological order, each under a name of its own. */
  readonly nodes: readonly Node[];
  /** Name of the node that gives the scores. */
  readonly output: string;
}

interface NodeOf<Kind extends string> {
  readonly kind: Kind;
  readonly name: string;
  /** Names of the nodes that it reads, or `INPUT`. */
  readonly inputs: readonly string[];
}

/** Cross-correlation with zero padding, as everywhere in this field. */
export interface Conv2dNode extends NodeOf<'conv2d'>, Window {
  readonly outChannels: number;
  /** Output channel o reads the input channels of group floor(o / (outChannels / groups)); depthwise: one group per channel. */
  readonly groups: number;
  /** Name of [outChannels, channels / groups, kernel height, kernel width]. */
  readonly weight: string;
  /** Name of [outChannels]. */
  readonly bias?: string | undefined;
}

/** Every output is a weighted sum of all features. */
export interface DenseNode extends NodeOf<'dense'> {
  readonly outputs: number;
  /** Name of [outputs, features]. */
  readonly weight: string;
  /** Name of [outputs]. */
  readonly bias?: string | undefined;
}

/** With a kernel of 1 x 1 and a stride it picks every so many pixels. See `PoolShape` for the flags. */
export interface Pool2dNode extends NodeOf<'pool2d'>, Window {
  readonly operation: PoolOperation;
  readonly countPadding: boolean;
  readonly ceil: boolean;
}

/** One value per channel: [channels, 1, 1]. */
export interface GlobalPoolNode extends NodeOf<'globalPool'> {
  readonly operation: PoolOperation;
}

export interface ActivationNode extends NodeOf<'activation'> {
  readonly activation: Activation;
  /** See `DEFAULT_ALPHA`; 0 for an activation without a parameter. */
  readonly alpha: number;
}

/** scale * (x - mean) / sqrt(variance + epsilon) + shift, per channel; the names of [channels] each. */
export interface BatchNormNode extends NodeOf<'batchNorm'> {
  /** 1 if undefined. */
  readonly scale?: string | undefined;
  /** 0 if undefined. */
  readonly shift?: string | undefined;
  readonly mean: string;
  readonly variance: string;
  readonly epsilon: number;
}

/** scale * x + shift, per channel; the names of [channels] each. */
export interface AffineNode extends NodeOf<'affine'> {
  readonly scale: string;
  readonly shift: string;
}

/** The sum of two or more tensors of one shape. */
export type AddNode = NodeOf<'add'>;

/** The channels, or features, of two or more tensors, one after the other. */
export type ConcatNode = NodeOf<'concat'>;

/** Zeros around the image, and channels of zeros before and after. */
export interface PadNode extends NodeOf<'pad'> {
  readonly padding: Padding;
  readonly channels: readonly [before: number, after: number];
}

/** To [features], in the order channel, row, column. */
export type FlattenNode = NodeOf<'flatten'>;

export type Node =
  | Conv2dNode
  | DenseNode
  | Pool2dNode
  | GlobalPoolNode
  | ActivationNode
  | BatchNormNode
  | AffineNode
  | AddNode
  | ConcatNode
  | PadNode
  | FlattenNode;

export type { Padding, Size2d };
