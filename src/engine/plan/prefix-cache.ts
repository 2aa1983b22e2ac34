/**
 * What a batch of candidates must compute: written once, for every backend. Backends run layers over chunks of images and know
 * nothing of prefixes.
 */
import { masksEqual, type Masks } from '../../core/mask.ts';
import type { FusedLayer } from '../../network/fuse.ts';

/**
 * The layers of one batch. The input of layer s is cached at depth s; depth 0 is the images themselves, always there.
 */
export interface BatchPlan {
  /** Layers to run once, over `masks`, into the cache: they read depth `from` and write depths `from + 1` to `to`. */
  readonly extend: { readonly from: number; readonly to: number; readonly masks: Masks } | undefined;
  /** The first layer that each candidate runs for itself, reading the cache at this depth. */
  readonly start: number;
}

export interface PrefixCacheOptions {
  /** Without it every candidate starts from the images. */
  readonly enabled?: boolean;
}

/**
 * Decides which activations are kept. A candidate of a layer-wise search differs from the one before only from that
 * layer on, so the input of that layer is worth keeping: a batch of several candidates keeps what they share; a lone
 * candidate keeps what it shares with the first of the previous call.
 */
export class PrefixCache {
  readonly #deepest: number;
  /** Masks of the layers whose outputs are cached, from layer 0 on. */
  #cached: Masks = [];
  #previous: Masks = [];

  constructor(layers: readonly FusedLayer[], { enabled = true }: PrefixCacheOptions = {}) {
    // The output of the last layer is never an input.
    this.#deepest = enabled ? layers.length - 1 : 0;
  }

  /** Plans a batch of at least one candidate, in the belief that the plan is then carried out in full. */
  plan(batch: readonly Masks[]): BatchPlan {
    const first = batch[0]!;
    const shared = batch.reduce((depth, masks) => commonPrefix(first, masks, depth), this.#deepest);
    const usable = commonPrefix(this.#cached, first, shared);
    const stable = batch.length > 1 ? shared : commonPrefix(this.#previous, first, shared);
    this.#previous = first;
    const extend = stable > usable ? { from: usable, to: stable, masks: first } : undefined;
    if (extend) this.#cached = first.slice(0, stable);
    return { extend, start: Math.max(usable, stable) };
  }

  /** Forgets everything: a plan was not carried out, so the cache may hold anything. */
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
