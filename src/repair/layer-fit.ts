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
    return gram[(this.#group(output) * size + i) * size + j]! / samples;
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
   * The system of an output over some of its inputs: the matrix, with the ridge, and the right side.
   *
   * @param kept indices of inputs, ascending
   * @param current what the ridge draws to
   */
  system(
    output: number,
    kept: Uint32Array,
    current: Row,
    ridge: number,
  ): { readonly matrix: Float64Array; readonly right: Float64Array; readonly n: number } {
    const unknowns = this.#hasBias ? [...kept, this.inputs] : [...kept];
    const n = unknowns.length;
    const matrix = new Float64Array(n * n);
    const right = new Float64Array(n);
    const added = this.ridgeOf(output, ridge);
    for (let row = 0; row < n; row++) {
      const i = unknowns[row]!;
      for (let column = 0; column <= row; column++) {
        const value = this.gram(output, i, unknowns[column]!);
        matrix[row * n + column] = value;
        matrix[column * n + row] = value;
      }
      const isBias = i === this.inputs;
      const own = isBias ? added * BIAS_RIDGE : added;
      matrix[row * n + row]! += own;
      right[row] = this.target(output, i) + own * (isBias ? current.bias : current.weights[i]!);
      if (!this.#hasBias) right[row]! -= current.bias * this.gram(output, i, this.inputs);
    }
    return { matrix, right, n };
  }

  /** The row that fits best; `current` where the inputs do not determine it. */
  refit(output: number, kept: Uint32Array, current: Row, ridge: number): Row {
    const { matrix, right, n } = this.system(output, kept, current, ridge);
    if (!factorize(matrix, n)) return current;
    solve(matrix, n, right);
    return this.rowOf(kept, right, current);
  }

  /** The same weights with the bias that fits best. */
  refitBias(output: number, { weights }: Row): Row {
    const { inputs } = this;
    let bias = this.target(output, inputs);
    for (let i = 0; i < inputs; i++) bias -= weights[i]! * this.gram(output, i, inputs);
    return { weights, bias };
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

  /** A row from the unknowns of a system. */
  rowOf(kept: Uint32Array, unknowns: Float64Array, current: Row): Row {
    const weights = new Float64Array(this.inputs);
    kept.forEach((input, i) => (weights[input] = unknowns[i]!));
    return { weights, bias: this.#hasBias ? unknowns[kept.length]! : current.bias };
  }

  #group(output: number): number {
    return Math.floor((output * this.#moments.groups) / this.outputs);
  }
}

function targetsOf({ groups, size, samples, cross }: Moments, unpruned: readonly Row[]): Float64Array {
  const outputs = unpruned.length;
  const targets = new Float64Array(outputs * size);
  unpruned.forEach(({ weights, bias }, output) => {
    const group = Math.floor((output * groups) / outputs);
    for (let i = 0; i < size; i++) {
      const row = (group * size + i) * size;
      let sum = cross[row + size - 1]! * bias;
      for (let j = 0; j < size - 1; j++) sum += cross[row + j]! * weights[j]!;
      targets[output * size + i] = sum / samples;
    }
  });
  return targets;
}
