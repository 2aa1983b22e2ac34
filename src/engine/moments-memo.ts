/**
 * The moments of every layer in the unpruned network, and those that were computed last, for as long as the layers before it have the same parameters: a repair of a
 * layer asks for the same moments again next, and a repair of the network starts from the unpruned one.
 */
import type { FusedLayer } from '../network/fused-layer.ts';
import { sourcesOf } from '../network/layer-parameters.ts';
import type { Tensors } from '../network/model.ts';
import type { Moments } from './backend.ts';
import { layersBefore } from './plan/paired-layers.ts';

/** Bytes of all matrices that are kept. */
const MAX_BYTES = 2 ** 28;

interface Known {
  readonly images: number;
  /** Parameters of the layers before, by identity. */
  readonly before: readonly (Float32Array | undefined)[];
  readonly moments: Moments;
}

export class MomentsMemo {
  readonly #unpruned: Tensors;
  /** By prunable layer. */
  readonly #names = new Map<number, readonly string[]>();
  /** Least recently computed first: under the number of the layer the last ones, under `-1 -` that number those of the unpruned network. */
  readonly #known = new Map<number, Known>();

  constructor(layers: readonly FusedLayer[], unpruned: Tensors) {
    this.#unpruned = unpruned;
    for (const { mask } of layers) {
      if (mask === undefined || this.#names.has(mask)) continue;
      const uses = [...layers.keys()].filter((s) => layers[s]!.mask === mask);
      const sources = layersBefore(layers, uses).map((s) => sourcesOf(layers[s]!));
      this.#names.set(mask, [...new Set(sources.flatMap(({ weight, bias }) => [...weight, ...bias]))]);
    }
  }

  get(layer: number, current: Tensors, images: number): Moments | undefined {
    const before = this.#parametersOf(layer, current);
    const places = [layer, -1 - layer].map((place) => this.#known.get(place));
    const isSame = (known: Known) =>
      known.images === images && known.before.every((values, i) => values === before[i]);
    return places.find((known) => known && isSame(known))?.moments;
  }

  set(layer: number, current: Tensors, images: number, moments: Moments): void {
    const before = this.#parametersOf(layer, current);
    const unpruned = this.#parametersOf(layer, this.#unpruned);
    const place = before.every((values, i) => values === unpruned[i]) ? -1 - layer : layer;
    this.#known.delete(place);
    this.#known.set(place, { images, before, moments });
    let bytes = 0;
    for (const known of this.#known.values()) bytes += bytesOf(known);
    for (const [first, known] of this.#known) {
      if (bytes <= MAX_BYTES) return;
      bytes -= bytesOf(known);
      this.#known.delete(first);
    }
  }

  #parametersOf(layer: number, tensors: Tensors): readonly (Float32Array | undefined)[] {
    return this.#names.get(layer)!.map((name) => tensors.get(name));
  }
}

const bytesOf = ({ moments: { gram, cross } }: Known) => gram.byteLength + cross.byteLength;
