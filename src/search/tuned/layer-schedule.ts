/**
 * The order in which layers are searched: sweeps over all of them, those with the most weights first. A visit lasts as many
 * evaluations as the root of the layer's weights says, so that small layers are not forgotten.
 */
const SWEEPS = 6;

const SHORTEST_VISIT = 5;

export class LayerSchedule {
  readonly #layers: readonly number[];
  /** Share of a sweep that a visit to each takes. */
  readonly #shares: readonly number[];

  /**
   * @param weights number of weights of each layer
   * @param searched indices of the layers to visit
   */
  constructor(weights: readonly number[], searched: readonly number[]) {
    this.#layers = [...searched].sort((a, b) => weights[b]! - weights[a]! || a - b);
    const roots = this.#layers.map((layer) => Math.sqrt(weights[layer]!));
    const total = roots.reduce((sum, root) => sum + root, 0);
    this.#shares = roots.map((root) => root / total);
  }

  /** Number of layers that are visited in turn. */
  get count(): number {
    return this.#layers.length;
  }

  layerOf(visit: number): number {
    return this.#layers[visit % this.#layers.length]!;
  }

  /** Evaluations of a visit in a search of `evaluations`. */
  lengthOf(visit: number, evaluations: number): number {
    const share = this.#shares[visit % this.#shares.length]!;
    return Math.max(SHORTEST_VISIT, Math.round((evaluations / SWEEPS) * share));
  }
}
