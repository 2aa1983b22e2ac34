/** The weights and bias of a layer, output by output, as a model's tensors have them. */
import { momentsSizes } from '../kernels/second-moments.ts';
import type { FusedLayer } from '../network/fused-layer.ts';
import { momentsShapeOf } from '../network/moments-shape.ts';
import type { Tensors } from '../network/model.ts';
import { biasPlaceOf, type BiasPlace } from './bias-place.ts';
import type { Row } from './layer-fit.ts';

export class LayerRows {
  readonly weight: string;
  readonly outputs: number;
  /** Inputs of an output, and how often an image has them: at every output position, of every use. */
  readonly inputs: number;
  readonly samplesPerImage: number;
  readonly #unpruned: Tensors;
  readonly #place: BiasPlace | undefined;
  /** A bias that is there, and may not change. */
  readonly #fixed: string | undefined;

  /**
   * @param uses layers that have the weights
   * @param unpruned tensors of the unpruned network
   * @param counts how many nodes of the network name each parameter
   */
  constructor(uses: readonly FusedLayer[], unpruned: Tensors, counts: ReadonlyMap<string, number>) {
    const { source, biases, weights } = uses[0]!;
    const positions = uses.map((use) => momentsSizes(momentsShapeOf(use)).positions);
    this.inputs = weights / biases;
    this.samplesPerImage = positions.reduce((sum, one) => sum + one);
    this.weight = source.weight!;
    this.#unpruned = unpruned;
    this.outputs = biases;
    this.#place = biasPlaceOf(uses, unpruned, counts);
    this.#fixed = this.#place ? undefined : source.bias;
  }

  /** Whether there is a place for a bias that changes. */
  get hasBias(): boolean {
    return this.#place !== undefined;
  }

  /** In a network whose other parameters are the unpruned one's. */
  of(tensors: Tensors): readonly Row[] {
    const weight = tensors.get(this.weight)!;
    const inputs = weight.length / this.outputs;
    return Array.from({ length: this.outputs }, (_, output) => ({
      weights: Float64Array.from(weight.subarray(output * inputs, (output + 1) * inputs)),
      bias: this.#biasOf(tensors, output),
    }));
  }

  #biasOf(tensors: Tensors, output: number): number {
    if (!this.#place) return this.#fixed === undefined ? 0 : tensors.get(this.#fixed)![output]!;
    const { name, factor, base } = this.#placeOf(output);
    return factor === 0 ? 0 : (tensors.get(name)![output]! - base) / factor;
  }

  /** Those of `tensors` that rows of this layer have. */
  within(tensors: Tensors): Tensors {
    const names = this.#place ? [this.weight, this.#place.name] : [this.weight];
    return new Map(names.map((name) => [name, tensors.get(name)!]));
  }

  /** The tensors that these rows change. */
  tensorsOf(rows: readonly Row[]): Tensors {
    const inputs = rows[0]!.weights.length;
    const weight = new Float32Array(rows.length * inputs);
    rows.forEach(({ weights }, output) => weight.set(weights, output * inputs));
    const changed = new Map([[this.weight, weight]]);
    if (this.#place) {
      const biases = rows.map(({ bias }, output) => {
        const { factor, base } = this.#placeOf(output);
        return base + factor * bias;
      });
      changed.set(this.#place.name, Float32Array.from(biases));
    }
    return changed;
  }

  /** `tensors` with other biases of some outputs: only where biases are is a new array. There must be a place for them. */
  shifted(tensors: Tensors, shifts: ReadonlyMap<number, number>): Tensors {
    const { name } = this.#place!;
    const biases = tensors.get(name)!.slice();
    for (const [output, shift] of shifts) biases[output]! += this.#placeOf(output).factor * shift;
    return new Map([...tensors, [name, biases]]);
  }

  /** A bias b is base + factor * b in its tensor. A shift has its own value where the layer has no bias. */
  #placeOf(output: number) {
    const { name, factors, isShift } = this.#place!;
    return { name, factor: factors[output]!, base: isShift ? this.#unpruned.get(name)![output]! : 0 };
  }
}
