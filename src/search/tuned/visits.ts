/**
 * The order in which layers are searched: sweeps over all of them, those with the most weights first. A visit lasts as many
 * evaluations as the root of the layer's weights says, so that small layers are not forgotten.
 */
const SWEEPS = 6;

/** Evaluations of a sweep where nobody says how many there will be. */
const OPEN_SWEEP = 1000;

const SHORTEST_VISIT = 5;

export class Visits {
  /** Indices of layers, and evaluations of a visit to each. */
  readonly #layers: readonly number[];
  readonly #lengths: readonly number[];

  /**
   * @param weights number of weights of each layer
   * @param searched indices of the layers to visit
   */
  constructor(weights: readonly number[], searched: readonly number[], evaluations: number) {
    this.#layers = [...searched].sort((a, b) => weights[b]! - weights[a]! || a - b);
    const roots = this.#layers.map((layer) => Math.sqrt(weights[layer]!));
    const total = roots.reduce((sum, root) => sum + root, 0);
    const sweep = Number.isFinite(evaluations) ? evaluations / SWEEPS : OPEN_SWEEP;
    this.#lengths = roots.map((root) => Math.max(SHORTEST_VISIT, Math.round((sweep * root) / total)));
  }

  /** Number of layers that are visited in turn. */
  get count(): number {
    return this.#layers.length;
  }

  layerOf(visit: number): number {
    return this.#layers[visit % this.#layers.length]!;
  }

  lengthOf(visit: number): number {
    return this.#lengths[visit % this.#lengths.length]!;
  }
}
