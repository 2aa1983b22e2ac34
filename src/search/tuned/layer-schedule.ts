/**
 * The order in which layers are searched. The search sweeps over all layers several times, those with the most weights
 * first. Visits are as long as the square root of a layer's number of weights, so that small layers get their share.
 */

/** Sweeps of a search of known length. */
const SWEEPS = 6;

/** Fewest evaluations of a visit. */
const MIN_VISIT = 5;

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

  /** Index of the layer of a visit; visits are numbered from 0. */
  layerOf(visit: number): number {
    return this.#layers[visit % this.#layers.length]!;
  }

  /** Length of a visit, in evaluations, in a search of `evaluations`. */
  lengthOf(visit: number, evaluations: number): number {
    const share = this.#shares[visit % this.#shares.length]!;
    return Math.max(MIN_VISIT, Math.round((evaluations / SWEEPS) * share));
  }
}
