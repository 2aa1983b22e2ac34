import type { AddShape } from '../kernels/add.ts';
import type { AffineShape } from '../kernels/affine.ts';
import type { ConcatShape } from '../kernels/concat.ts';
import type { ConvShape } from '../kernels/masked-conv2d.ts';
import type { DenseShape } from '../kernels/masked-dense.ts';
import type { DepthwiseShape } from '../kernels/masked-depthwise-conv2d.ts';
import type { PadShape } from '../kernels/pad.ts';
import type { PoolShape } from '../kernels/pool2d.ts';
import type { AffineNode, BatchNormNode } from './network.ts';

/** The tensors of a fused network are numbered: 0 is the network's input, s + 1 the output of fused layer s. */
export type TensorIndex = number;

/** The named parameters that a fused layer is made of. */
export interface LayerSource {
  readonly weight?: string | undefined;
  readonly bias?: string | undefined;
  /** Applied to each output one after the other, before the activation. */
  readonly affine: readonly (BatchNormNode | AffineNode)[];
}

interface FusedLayerBase {
  /** Name of the weights without `.weight`, or of the node. */
  readonly name: string;
  /** Index of its node among those that the article counts as layers: all but activations and normalisations. */
  readonly position: number;
  readonly reads: readonly TensorIndex[];
  readonly source: LayerSource;
  /** Index of its mask among those of the network; undefined if it has nothing to prune. */
  readonly mask: number | undefined;
  /** Shape of its weights, outputs first; empty if it has none. */
  readonly weightShape: readonly number[];
  /** Sizes of its parameters; see `LayerParameters`. */
  readonly weights: number;
  readonly biases: number;
  /** Elements per image of all that it reads. */
  readonly inputs: number;
  /** Elements per image, after pooling. */
  readonly outputs: number;
  /** Multiply-accumulates with weights per image, with nothing pruned; padding counts like any pixel. */
  readonly macs: number;
}

/** The kind of a fused layer with the shape that its kernel takes. */
export type LayerShape =
  | { readonly kind: 'conv2d'; readonly shape: ConvShape }
  | { readonly kind: 'depthwise'; readonly shape: DepthwiseShape }
  | { readonly kind: 'dense'; readonly shape: DenseShape }
  | { readonly kind: 'pool2d'; readonly shape: PoolShape }
  | { readonly kind: 'affine'; readonly shape: AffineShape }
  | { readonly kind: 'add'; readonly shape: AddShape }
  | { readonly kind: 'concat'; readonly shape: ConcatShape }
  | { readonly kind: 'pad'; readonly shape: PadShape };

/** The unit that kernels run and caches keep. */
export type FusedLayer = FusedLayerBase & LayerShape;

export type LayerKind = LayerShape['kind'];

/** A fused layer of one kind. */
export type FusedLayerOf<Kind extends LayerKind> = Extract<FusedLayer, { readonly kind: Kind }>;
