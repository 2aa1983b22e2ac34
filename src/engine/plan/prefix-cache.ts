/**
 * Plans which layers a batch of candidates must run and which activations stay cached. Written once, for every backend:
 * backends run layers over chunks of images and know nothing of prefixes.
 */
import { masksEqual, type Masks } from '../../core/mask.ts';
import type { FusedLayer } from '../../network/fuse.ts';

/** The layers that one batch runs. The input of layer s is cached at depth s; depth 0 is the images, always cached. */
export interface BatchPlan {
  /**
   * Layers to run once under `masks`, with their outputs cached: they read depth `from` and write depths `from + 1` to
   * `to`. Undefined if the cache is not extended.
   */
  readonly extend: { readonly from: number; readonly to: number; readonly masks: Masks } | undefined;
  /** The first layer that every candidate runs for itself; it reads the cache at this depth. */
  readonly start: number;
}

export interface PrefixCacheOptions {
  /** If false, every candidate starts from the images. Default: true. */
  readonly enabled?: boolean;
}

/**
 * Decides which activations to cache. Candidates of a layer-wise search differ from the previous one only from one
 * layer on, so the input of that layer is worth caching. A batch of several candidates caches the prefix that they
 * share; a single candidate caches the prefix that it shares with the first candidate of the previous batch.
 */
export class PrefixCache {
  /** The deepest input that may be cached. */
  readonly #maxDepth: number;
  /** Masks of the layers whose outputs are cached, from layer 0 on. */
  #cached: Masks = [];
  /** Masks of the first candidate of the previous batch. */
  #previous: Masks = [];

  constructor(layers: readonly FusedLayer[], { enabled = true }: PrefixCacheOptions = {}) {
    // The output of the last layer is no layer's input.
    this.#maxDepth = enabled ? layers.length - 1 : 0;
  }

  /** Plans a batch of at least one candidate. Call `clear` if the plan is not carried out in full. */
  plan(batch: readonly Masks[]): BatchPlan {
    const first = batch[0]!;
    const shared = batch.reduce((depth, masks) => commonPrefix(first, masks, depth), this.#maxDepth);
    const usable = commonPrefix(this.#cached, first, shared);
    const stable = batch.length > 1 ? shared : commonPrefix(this.#previous, first, shared);
    this.#previous = first;
    const extend = stable > usable ? { from: usable, to: stable, masks: first } : undefined;
    if (extend) this.#cached = first.slice(0, stable);
    return { extend, start: Math.max(usable, stable) };
  }

  /** Forgets everything: after a failed batch the cached activations are unknown. */
  clear(): void {
    this.#cached = [];
    this.#previous = [];
  }
}

/** Number of leading masks that are equal, at most `limit`. */
function commonPrefix(a: Masks, b: Masks, limit: number): number {
  const end = Math.min(a.length, b.length, limit);
  let depth = 0;
  while (depth < end && masksEqual(a[depth]!, b[depth]!)) depth++;
  return depth;
}
