import type { PrunableLayer } from '../contract.ts';
import { MasksearchError } from '../../core/error.ts';
import { checkMasks, fullMask, isKept, type Mask, type Masks } from '../../core/mask.ts';

/**
 * The article's operations on the masks and weights of a network's layers, addressed by position among all layers.
 * As in the article, a mask multiplies the current weights: a weight that was pruned once stays zero until its layer is reset.
 * Every operation throws 'bad-input' for a position outside the network or of a layer without weights.
 */
export class MaskedWeights {
  readonly #layers: readonly PrunableLayer[];
  readonly #depth: number;
  readonly #trained: readonly Float32Array[];
  readonly #weights: Float32Array[];
  readonly #masks: Mask[];

  /** @param trained weights of each prunable layer, network order, in the row-major order of its shape */
  constructor(
    { layers, depth }: { layers: readonly PrunableLayer[]; depth: number },
    trained: readonly Float32Array[],
  ) {
    this.#layers = layers;
    this.#depth = depth;
    this.#trained = trained;
    this.#masks = trained.map(({ length }) => fullMask(length));
    checkMasks(this.#masks, layers);
    this.#weights = trained.map((weights) => weights.slice());
  }

  get masks(): Masks {
    return [...this.#masks];
  }

  getLayerMask(position: number): Mask {
    return this.#masks[this.#indexOf(position)]!;
  }

  /** Sets the layer's mask and multiplies the layer's current weights by it. */
  applyLayerMask(position: number, mask: Mask): void {
    const index = this.#indexOf(position);
    checkMasks([mask], [this.#layers[index]!]);
    this.#masks[index] = mask;
    multiply(this.#weights[index]!, mask);
  }

  /** A copy of the layer's current weights: the trained ones times all masks applied since the last reset. */
  getLayerWeights(position: number): Float32Array {
    return this.#weights[this.#indexOf(position)]!.slice();
  }

  /** Sets the layer's weights to the trained ones. Its mask stays, but is not applied to them. */
  resetLayerWeights(position: number): void {
    const index = this.#indexOf(position);
    this.#weights[index]!.set(this.#trained[index]!);
  }

  /** Sets every layer's weights to the trained ones times its mask. */
  applyAllMasks(): void {
    this.#weights.forEach((weights, index) => {
      weights.set(this.#trained[index]!);
      multiply(weights, this.#masks[index]!);
    });
  }

  #indexOf(position: number): number {
    if (!(Number.isInteger(position) && position >= 0 && position < this.#depth)) {
      throw new MasksearchError(
        'bad-input',
        `layer ${position} is not in the network`,
        `use a position from 0 to ${this.#depth - 1}`,
      );
    }
    const index = this.#layers.findIndex((layer) => layer.position === position);
    if (index < 0) {
      throw new MasksearchError(
        'bad-input',
        `layer ${position} has no weights`,
        `use one of ${this.#layers.map((layer) => layer.position).join(', ')}`,
      );
    }
    return index;
  }
}

function multiply(weights: Float32Array, mask: Mask): void {
  for (let i = 0; i < weights.length; i++) if (!isKept(mask, i)) weights[i] = 0;
}
