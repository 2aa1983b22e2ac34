/**
 * Plans which layers a batch of candidates must run and which activations stay cached. Written once, for every backend:
 * backends run layers over chunks of images and know nothing of prefixes.
 */
import { masksEqual } from '../../core/mask.ts';
import type { FusedLayer } from '../../network/fused-layer.ts';
import { sameParameters, type NetworkState } from './network-state.ts';

/**
 * The layers that one batch runs. A cut of s is between the first s layers and the others; the tensors that the others read from
 * before it are cached there. The cut of 0 has the images, which are always cached.
 */
export interface BatchPlan {
  /**
   * Layers to run once under a state, from the cut `from` to the cut `to`, whose tensors become cached. Undefined if the cache is not
   * extended.
   */
  readonly extend: (NetworkState & { readonly from: number; readonly to: number }) | undefined;
  /** The first layer that every candidate runs for itself; it reads the tensors that are cached at this cut. */
  readonly start: number;
}

export interface PrefixCacheOptions {
  /** If false, every candidate starts from the images. Default: true. */
  readonly enabled?: boolean;
  /** Cuts whose tensors may be cached. Default: all. */
  readonly cuts?: readonly number[] | undefined;
}

const NOTHING: NetworkState = { masks: [] };

/**
 * Decides which activations to cache. Candidates of a layer-wise search differ from the previous one only from one
 * layer on, so the input of that layer is worth caching. A batch of several candidates caches the prefix that they
 * share; a single candidate caches the prefix that it shares with the first candidate of the previous batch.
 */
export class PrefixCache {
  readonly #layers: readonly FusedLayer[];
  /** Cuts that may be cached, ascending; 0 is the first. */
  readonly #cuts: readonly number[];
  /** State under which layers up to `#depth` are cached. */
  #cached: NetworkState = NOTHING;
  #depth = 0;
  /** State of the first candidate of the previous batch. */
  #previous: NetworkState | undefined;

  constructor(layers: readonly FusedLayer[], { enabled = true, cuts }: PrefixCacheOptions = {}) {
    this.#layers = layers;
    const all = cuts ?? layers.keys();
    this.#cuts = enabled ? [0, ...[...all].filter((cut) => cut > 0 && cut < layers.length)] : [0];
  }

  /** Plans a batch of at least one candidate. Call `clear` if the plan is not carried out in full. */
  plan(batch: readonly NetworkState[]): BatchPlan {
    const first = batch[0]!;
    const end = this.#cuts.at(-1)!;
    const shared = batch.reduce((depth, state) => this.#commonPrefix(first, state, depth), end);
    const usable = this.#cutBelow(this.#commonPrefix(this.#cached, first, Math.min(shared, this.#depth)));
    const repeated = this.#previous ? this.#commonPrefix(this.#previous, first, shared) : 0;
    const stable = this.#cutBelow(batch.length > 1 ? shared : repeated);
    this.#previous = first;
    const { masks, parameters } = first;
    const extend = stable > usable ? { from: usable, to: stable, masks, parameters } : undefined;
    if (extend) {
      this.#cached = first;
      this.#depth = stable;
    }
    return { extend, start: Math.max(usable, stable) };
  }

  /** Forgets everything: after a failed batch the cached activations are unknown. */
  clear(): void {
    this.#cached = NOTHING;
    this.#depth = 0;
    this.#previous = undefined;
  }

  /** The deepest cut that may be cached, at most `depth`. */
  #cutBelow(depth: number): number {
    return this.#cuts.findLast((cut) => cut <= depth)!;
  }

  /** Number of leading layers that have equal masks and the same parameters, at most `limit`. */
  #commonPrefix(a: NetworkState, b: NetworkState, limit: number): number {
    for (let depth = 0; depth < limit; depth++) {
      const { mask } = this.#layers[depth]!;
      if (mask !== undefined && !masksEqual(a.masks[mask]!, b.masks[mask]!)) return depth;
      if (!sameParameters(a.parameters, b.parameters, depth)) return depth;
    }
    return limit;
  }
}
