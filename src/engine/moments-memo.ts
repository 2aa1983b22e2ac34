/** The last moments of every layer, for as long as the layers before it have the same parameters: who repairs a layer looks at it again next. */
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
  /** By prunable layer. */
  readonly #names = new Map<number, readonly string[]>();
  /** By prunable layer, least recently computed first. */
  readonly #known = new Map<number, Known>();

  constructor(layers: readonly FusedLayer[]) {
    for (const { mask } of layers) {
      if (mask === undefined || this.#names.has(mask)) continue;
      const uses = [...layers.keys()].filter((s) => layers[s]!.mask === mask);
      const sources = layersBefore(layers, uses).map((s) => sourcesOf(layers[s]!));
      this.#names.set(mask, [...new Set(sources.flatMap(({ weight, bias }) => [...weight, ...bias]))]);
    }
  }

  get(layer: number, current: Tensors, images: number): Moments | undefined {
    const known = this.#known.get(layer);
    if (known?.images !== images) return undefined;
    const isSame = this.#names.get(layer)!.every((name, i) => current.get(name) === known.before[i]);
    return isSame ? known.moments : undefined;
  }

  set(layer: number, current: Tensors, images: number, moments: Moments): void {
    this.#known.delete(layer);
    const before = this.#names.get(layer)!.map((name) => current.get(name));
    this.#known.set(layer, { images, before, moments });
    let bytes = 0;
    for (const { moments: kept } of this.#known.values())
      bytes += kept.gram.byteLength + kept.cross.byteLength;
    for (const [first, { moments: kept }] of this.#known) {
      if (bytes <= MAX_BYTES) return;
      bytes -= kept.gram.byteLength + kept.cross.byteLength;
      this.#known.delete(first);
    }
  }
}
