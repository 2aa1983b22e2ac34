/**
 * Where the tensors of a network lie on the device. Those that the plan of the cache names have a buffer of their own, for all
 * images; those of candidates lie in the parts of an arena, for a chunk of images.
 */
import type { FusedLayer, TensorIndex } from '../../network/fused-layer.ts';
import { aliveAt, lastReaders, tensorSizes } from '../../network/liveness.ts';
import type { Network } from '../../network/network.ts';
import { planCache } from '../plan/cuts.ts';

/** The buffers of a tensor: one for all images, or a part of the arena. */
export type Place = 'cache' | 'arena';

/** Where one layer finds what it reads, and puts what it writes. */
export interface LayerPlaces {
  readonly reads: readonly Place[];
  readonly writes: Place;
}

export class TensorPlan {
  readonly layers: readonly FusedLayer[];
  /** Elements per image of every tensor, by number. */
  readonly sizes: readonly number[];
  /** Cuts at which candidates can start, beside 0; ascending. */
  readonly cuts: readonly number[];
  /** Tensors with a buffer of their own, the images among them. */
  readonly cached: ReadonlySet<TensorIndex>;
  /** Part of the arena that holds each tensor, by number; that of the images is not used. */
  readonly parts: readonly number[];
  readonly partCount: number;
  readonly #alive: readonly (readonly TensorIndex[])[];

  /** @param budget elements per image that cached tensors may have together, the images not counted */
  constructor(network: Network, layers: readonly FusedLayer[], budget?: number) {
    this.layers = layers;
    this.sizes = tensorSizes(network, layers);
    const { cuts, tensors } = planCache(layers, this.sizes, budget);
    this.cuts = cuts;
    this.cached = new Set([0, ...tensors]);
    this.parts = arenaParts(layers);
    this.partCount = Math.max(...this.parts) + 1;
    this.#alive = layers.map((_, cut) => aliveAt(layers, cut));
  }

  /** The cached tensors that candidates read which start at a cut. Ascending. */
  aliveAt(cut: number): readonly TensorIndex[] {
    return this.#alive[cut]!;
  }

  /** Elements per image of the largest cached tensor. */
  get maxCached(): number {
    return Math.max(...Array.from(this.cached, (tensor) => this.sizes[tensor]!));
  }

  /** Elements per image of the largest tensor that a candidate writes from the cut `start` on. */
  maxWritten(start: number): number {
    return Math.max(...this.sizes.slice(start + 1));
  }

  /**
   * Elements per image of the largest tensor that is written to the arena when the cache is extended; 0 if all that the
   * layers from `from` to before `to` write is cached.
   */
  maxUncached(from: number, to: number): number {
    const written = this.sizes.slice(from + 1, to + 1);
    return Math.max(...written.map((size, i) => (this.cached.has(from + 1 + i) ? 0 : size)));
  }

  /** The places of a layer that candidates run which start at a cut. */
  placesFrom(start: number, layer: number): LayerPlaces {
    const reads = this.layers[layer]!.reads.map((tensor) => (tensor <= start ? 'cache' : 'arena'));
    return { reads, writes: 'arena' };
  }

  /** The places of a layer that extends the cache. */
  placesOfExtending(layer: number): LayerPlaces {
    const placeOf = (tensor: TensorIndex) => (this.cached.has(tensor) ? 'cache' : 'arena');
    return { reads: this.layers[layer]!.reads.map(placeOf), writes: placeOf(layer + 1) };
  }
}

/**
 * Assigns every tensor a part of the arena. A part is free again once the last layer that reads its tensor has run, so no layer
 * writes the part of a tensor that it reads, or that is read later. Two parts suffice for a chain, three for residual blocks.
 */
export function arenaParts(layers: readonly FusedLayer[]): readonly number[] {
  const readers = lastReaders(layers);
  const parts = [0];
  /** For each part, the last layer that reads the tensor in it. */
  const busyUntil: number[] = [];
  layers.forEach((_, s) => {
    const free = busyUntil.findIndex((last) => last < s);
    const part = free < 0 ? busyUntil.length : free;
    parts.push(part);
    busyUntil[part] = readers[s + 1] ?? Infinity;
  });
  return parts;
}
