/** The parts of an ONNX file that networks need, as onnx/onnx.proto3 of onnx/onnx (Apache-2.0) defines them. */
import type { ByteRange } from '../protobuf/reader.ts';
import type { ElementType } from '../arrays/numbers.ts';
import type { OwnMetadata } from './metadata.ts';

export interface OnnxModel {
  /** Versions of the operator sets by domain; the standard one is ''. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: OnnxGraph;
  /** What `modelToOnnx` wrote beside it. */
  readonly metadata: OwnMetadata;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Number of sparse initializers, which are not read. */
  readonly sparse: number;
}

/** What a graph takes or gives. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType | undefined;
  /** A size that is not fixed is undefined; undefined if the rank is not given either. */
  readonly shape: readonly (number | undefined)[] | undefined;
}

export interface OnnxNode {
  /** May be empty. */
  readonly name: string;
  readonly operator: string;
  /** Its name in a file of another format, from which the node was made. */
  readonly foreign?: string | undefined;
  readonly domain: string;
  /** Names of values; '' for an optional one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** `other` holds graphs, types and lists of them. */
export type Attribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: OnnxTensor }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'other' };

/** A tensor whose numbers are still in the file, or in a file beside it. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly data: TensorData;
}

export type TensorData =
  /** Little-endian numbers one after the other, in several pieces where typed fields are not packed. */
  | { readonly kind: 'fixed'; readonly pieces: readonly ByteRange[] }
  /** Varints likewise; floats of 16 bits are in there as their bits. */
  | { readonly kind: 'varints'; readonly pieces: readonly ByteRange[] }
  | {
      readonly kind: 'external';
      readonly location: string;
      readonly offset: number;
      /** To the end of the file if undefined. */
      readonly length: number | undefined;
    };
