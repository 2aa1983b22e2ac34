/** The messages between the host and its workers. */
import type { FusedLayer, TensorIndex } from '../../../network/fused-layer.ts';
import type { MomentSums } from '../../backend.ts';
import type { MemoryLayout } from '../layout.ts';
import type { BlockMomentsPass } from '../moments/block-moments.ts';
import type { WasmMemory, WasmModule } from '../web-assembly.ts';

/** Runs layers over blocks of images. */
export interface LayersPass {
  /** 'extend' stores those tensors that have a place in the cache; 'evaluate' adds up losses. */
  readonly kind: 'extend' | 'evaluate';
  /** The first layer; the tensors of layers before it are read from the cache. */
  readonly from: number;
  /** The layer before which to end. */
  readonly to: number;
  /** In `LOSS_UNITS`; Infinity for no limit. The pass stops once the sum of losses is above it. */
  readonly sumLimit: number;
  /** Index of the block, in the worker's memory, before which to end. */
  readonly endBlock: number;
  /** A number for each mask that changes with it: the worker lists kept weights again when it does. */
  readonly maskVersions: readonly number[];
  /** The same for the weights of each layer. */
  readonly weightVersions: readonly number[];
  readonly skipPruned: boolean;
  /** Whether the result has the outputs of the network too. */
  readonly outputs?: boolean | undefined;
}

/** Brings a cached tensor into another order of images; see `MemoryLayout.source`. */
export interface GatherPass {
  readonly kind: 'gather';
  readonly tensor: TensorIndex;
}

export type Pass = LayersPass | GatherPass;

/** Sums over the images that one worker evaluated in a pass. */
export interface PassResult {
  /** Sum of losses in `LOSS_UNITS`. */
  readonly units: number;
  readonly correct: number;
  readonly images: number;
  /** Undefined unless they were asked for. */
  readonly outputs?: readonly BlockOutputs[] | undefined;
}

/** The outputs of the network for a block of images. */
export interface BlockOutputs {
  /** The place of its first image. */
  readonly first: number;
  /** [image][output] */
  readonly values: Float32Array;
}

/** `id` is that of the workspace. */
export type Request =
  | {
      readonly type: 'open';
      readonly id: number;
      readonly module: WasmModule;
      /** Shared by all workers. Undefined if the worker must create its own. */
      readonly memory: WasmMemory | undefined;
      readonly layout: MemoryLayout;
      /** Index of this worker in `layout.workers`. */
      readonly worker: number;
      readonly layers: readonly FusedLayer[];
    }
  | { readonly type: 'write'; readonly id: number; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly type: 'pass'; readonly id: number; readonly pass: Pass }
  | { readonly type: 'moments'; readonly id: number; readonly pass: BlockMomentsPass }
  | { readonly type: 'read'; readonly id: number; readonly offset: number; readonly length: number }
  | { readonly type: 'close'; readonly id: number };

/** Replies come in the order of requests. 'write' and 'close' have none. */
export type Reply =
  | { readonly type: 'opened' }
  | { readonly type: 'passed'; readonly result: PassResult }
  /** The sums if they were asked for. */
  | { readonly type: 'summed'; readonly sums: MomentSums | undefined }
  | { readonly type: 'read'; readonly bytes: Uint8Array }
  /** The request failed; `outOfMemory` if memory could not be allocated. */
  | { readonly type: 'failed'; readonly message: string; readonly outOfMemory: boolean };
