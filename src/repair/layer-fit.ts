/**
 * Least squares for the outputs of one layer: the weights and bias with which its outputs before the activation come closest to those of the unpruned
 * network, on the inputs that the pruned network gives it. Every output is a problem of its own, over its kept weights.
 */
import type { Moments } from '../engine/backend.ts';
import { factorize, solve } from './cholesky.ts';

/** The weights of one output, and its bias. */
export interface Row {
  /** [input] */
  readonly weights: Float64Array;
  readonly bias: number;
}

/** The bias is held back less: it costs nothing, and has no ridge of its own in the literature. */
const BIAS_RIDGE = 1e-3;

/** More than the rounding of moments, which are partly sums in float32: with it a system has a solution unless all inputs are 0. */
const LEAST_RIDGE = 1e-6;

/** Relative to the mean square of an output: with less, which may be rounding, it counts as constant. */
const MIN_VARIANCE = 1e-6;

export class LayerFit {
  /** Inputs of an output. */
  readonly inputs: number;
  readonly outputs: number;
  readonly #moments: Moments;
  /** [output, input and bias] mean of the inputs times the output of the unpruned network. */
  readonly #targets: Float64Array;
  readonly #hasBias: boolean;

  /**
   * @param unpruned [output] of the unpruned network
   * @param hasBias whether the bias may change; else it stays what it is in a row
   */
  constructor(moments: Moments, unpruned: readonly Row[], hasBias: boolean) {
    this.#moments = moments;
    this.inputs = moments.size - 1;
    this.outputs = unpruned.length;
    this.#hasBias = hasBias;
    this.#targets = targetsOf(moments, unpruned);
  }

  /** Mean over samples of x x^T for an output, element [i, j]; the last input is the constant 1. */
  gram(output: number, i: number, j: number): number {
    const { size, samples, gram } = this.#moments;
    return gram[(this.groupOf(output) * size + i) * size + j]! / samples;
  }

  /** Mean over samples of input `i` times what the output should be. */
  target(output: number, i: number): number {
    return this.#targets[output * this.#moments.size + i]!;
  }

  /** What is added to the diagonal for a weight where `ridge` is relative to the mean square of an input. */
  ridgeOf(output: number, ridge: number): number {
    let trace = 0;
    for (let i = 0; i < this.inputs; i++) trace += this.gram(output, i, i);
    return (ridge * trace) / this.inputs;
  }

  /**
   * The lower triangle of the matrix of an output's system over some of its inputs, with the ridge. Outputs of one group that keep the same inputs have the same.
   *
   * @param kept indices of inputs, ascending
   */
  matrix(output: number, kept: Uint32Array, ridge: number): Float64Array {
    const unknowns = this.unknownsOf(kept);
    const n = unknowns.length;
    const matrix = new Float64Array(n * n);
    const added = this.ridgeOf(output, ridge);
    const { size, samples, gram } = this.#moments;
    const first = this.groupOf(output) * size;
    for (let row = 0; row < n; row++) {
      const i = unknowns[row]!;
      const from = (first + i) * size;
      for (let column = 0; column <= row; column++)
        matrix[row * n + column] = gram[from + unknowns[column]!]! / samples;
      matrix[row * n + row]! += this.#held(i, added);
    }
    return matrix;
  }

  /**
   * The right side of the same system.
   *
   * @param current what the ridge draws to
   */
  right(output: number, kept: Uint32Array, current: Row, ridge: number): Float64Array {
    const added = this.ridgeOf(output, ridge);
    return Float64Array.from(this.unknownsOf(kept), (i) => {
      const drawn = this.#held(i, added) * (i === this.inputs ? current.bias : current.weights[i]!);
      const fixed = this.#hasBias ? 0 : current.bias * this.gram(output, i, this.inputs);
      return this.target(output, i) + drawn - fixed;
    });
  }

  /** Inputs whose weights are unknown, the constant 1 last if the bias is. */
  unknownsOf(kept: Uint32Array): readonly number[] {
    return this.#hasBias ? [...kept, this.inputs] : [...kept];
  }

  /** What is added to the diagonal for an unknown, where it is `added` for a weight. */
  #held(i: number, added: number): number {
    return i === this.inputs ? added * BIAS_RIDGE : added;
  }

  /**
   * The row that fits best. Where the inputs do not determine it, as with more weights than samples and no ridge, the one of these next to `current`, to within
   * `LEAST_RIDGE`; where all inputs are 0, the bias alone.
   */
  refit(output: number, kept: Uint32Array, current: Row, ridge: number): Row {
    const matrix = this.matrix(output, kept, ridge);
    const unknowns = this.right(output, kept, current, ridge);
    const n = unknowns.length;
    if (!factorize(matrix, n)) {
      if (ridge < LEAST_RIDGE) return this.refit(output, kept, current, LEAST_RIDGE);
      return this.#hasBias ? this.refitBias(output, current) : current;
    }
    solve(matrix, n, unknowns);
    const weights = new Float64Array(this.inputs);
    kept.forEach((input, i) => (weights[input] = unknowns[i]!));
    return { weights, bias: this.#hasBias ? unknowns[kept.length]! : current.bias };
  }

  /** The same weights with the bias that fits best. */
  refitBias(output: number, { weights }: Row): Row {
    const { inputs } = this;
    let bias = this.target(output, inputs);
    for (let i = 0; i < inputs; i++) bias -= weights[i]! * this.gram(output, i, inputs);
    return { weights, bias };
  }

  /**
   * The same weights times one factor, with a bias, that come closest to the unpruned output. The factor stays 1 where the inputs do not determine it, as of
   * an output without weights.
   */
  refitAffine(output: number, { weights, bias }: Row): Row {
    const { inputs } = this;
    let [square, mean, product] = [0, 0, 0];
    for (let i = 0; i < inputs; i++) {
      const weight = weights[i]!;
      if (weight === 0) continue;
      mean += weight * this.gram(output, i, inputs);
      product += weight * this.target(output, i);
      for (let j = 0; j < inputs; j++) square += weight * weights[j]! * this.gram(output, i, j);
    }
    // The mean of the target and of its part that no factor may change.
    const wanted = this.target(output, inputs);
    const variance = this.#hasBias ? square - mean ** 2 : square;
    const covariance = this.#hasBias ? product - mean * wanted : product - mean * bias;
    const factor = variance > MIN_VARIANCE * square ? covariance / variance : 1;
    return {
      weights: weights.map((weight) => factor * weight),
      bias: this.#hasBias ? wanted - factor * mean : bias,
    };
  }

  /** Mean squared error of a row, less that of no weights and no bias. */
  error(output: number, { weights, bias }: Row): number {
    const { inputs } = this;
    const value = (i: number) => (i === inputs ? bias : weights[i]!);
    let sum = 0;
    for (let i = 0; i <= inputs; i++) {
      if (value(i) === 0) continue;
      let product = 0;
      for (let j = 0; j <= inputs; j++) product += this.gram(output, i, j) * value(j);
      sum += value(i) * (product - 2 * this.target(output, i));
    }
    return sum;
  }

  /** Outputs of one group read the same inputs. */
  groupOf(output: number): number {
    return groupOf(this.#moments, output, this.outputs);
  }
}

const groupOf = ({ groups }: Moments, output: number, outputs: number) =>
  Math.floor((output * groups) / outputs);

function targetsOf(moments: Moments, unpruned: readonly Row[]): Float64Array {
  const { size, samples, cross } = moments;
  const outputs = unpruned.length;
  const targets = new Float64Array(outputs * size);
  unpruned.forEach(({ weights, bias }, output) => {
    const group = groupOf(moments, output, outputs);
    for (let i = 0; i < size; i++) {
      const row = (group * size + i) * size;
      let sum = cross[row + size - 1]! * bias;
      for (let j = 0; j < size - 1; j++) sum += cross[row + j]! * weights[j]!;
      targets[output * size + i] = sum / samples;
    }
  });
  return targets;
}
