/** What the host and its workers say to each other. */
import type { FusedLayer } from '../../../network/fuse.ts';
import type { MemoryLayout } from '../layout.ts';
import type { WasmMemory, WasmModule } from '../web-assembly.ts';

/** Layers to run over blocks of images. */
export interface LayersPass {
  /** 'extend' keeps the output of every layer in the cache, 'evaluate' adds up losses. */
  readonly kind: 'extend' | 'evaluate';
  /** The layers from this to before `to`; they read the cached input of the first. */
  readonly from: number;
  readonly to: number;
  /** Stop once the sum of losses, in 2^-20 nat, is above this; Infinity for never. */
  readonly sumLimit: number;
  /** Blocks before this are left to others, by their index in the memory. */
  readonly endBlock: number;
  /** For each layer a number that changes with its mask, so that a worker knows when to list its weights anew. */
  readonly maskVersions: readonly number[];
  readonly skipPruned: boolean;
}

/** Brings the cached input of a layer into the order of images in `source`. */
export interface GatherPass {
  readonly kind: 'gather';
  readonly layer: number;
}

export type Pass = LayersPass | GatherPass;

/** What one worker did of a pass. */
export interface PassResult {
  readonly units: number;
  readonly correct: number;
  readonly images: number;
}

export type Request =
  | {
      readonly type: 'open';
      readonly id: number;
      readonly module: WasmModule;
      /** Shared by all workers; a worker makes its own if there is none. */
      readonly memory: WasmMemory | undefined;
      readonly layout: MemoryLayout;
      /** Which of the layout's workers this one is. */
      readonly worker: number;
      readonly layers: readonly FusedLayer[];
    }
  | { readonly type: 'write'; readonly id: number; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly type: 'pass'; readonly id: number; readonly pass: Pass }
  | { readonly type: 'read'; readonly id: number; readonly offset: number; readonly length: number }
  | { readonly type: 'close'; readonly id: number };

/** The answer to every request but 'write' and 'close', in their order. */
export type Reply =
  | { readonly type: 'opened' }
  | { readonly type: 'passed'; readonly result: PassResult }
  | { readonly type: 'read'; readonly bytes: Uint8Array }
  /** The request failed; `outOfMemory` if the memory could not be had. */
  | { readonly type: 'failed'; readonly message: string; readonly outOfMemory: boolean };
