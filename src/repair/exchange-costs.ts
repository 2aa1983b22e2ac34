/**
 * What it costs an output to lose a kept weight, and what it gains by a pruned one, in the mean of its squared error, if its other weights and the bias
 * adjust: from the second moments alone.
 */
import { factorize, inverse } from './cholesky.ts';
import type { LayerFit, Row } from './layer-fit.ts';

/** An input of an output, and by how much the squared error changes. */
export interface InputChange {
  readonly input: number;
  readonly change: number;
}

/** With more unknowns, what other weights would make up for of a new one is left out: finding it takes their square for every input. */
const MAX_ADJUSTED = 128;

export class ExchangeCosts {
  /** Kept weights, the cheapest to lose first. */
  readonly losses: readonly InputChange[];
  /** Pruned weights that may be kept, the most useful first. */
  readonly gains: readonly InputChange[];

  /**
   * @param kept indices of inputs, ascending
   * @param row weights and bias that fit best, over `kept`
   * @param mayKeep whether a pruned weight may be kept again
   */
  constructor(
    fit: LayerFit,
    output: number,
    kept: Uint32Array,
    row: Row,
    { ridge, mayKeep }: { readonly ridge: number; readonly mayKeep: (input: number) => boolean },
  ) {
    const unknowns = fit.unknownsOf(kept);
    const n = unknowns.length;
    const matrix = fit.matrix(output, kept, ridge);
    const inverted = factorize(matrix, n) ? inverse(matrix, n) : undefined;
    const changes = Array.from(kept, (input, i) => ({
      input,
      change: row.weights[input]! ** 2 / (inverted ? inverted[i * n + i]! : 1),
    }));
    this.losses = changes.sort((a, b) => a.change - b.change || a.input - b.input);
    const isKept = new Uint8Array(fit.inputs);
    for (const input of kept) isKept[input] = 1;
    const held = fit.ridgeOf(output, ridge);
    const adjusted = inverted && n <= MAX_ADJUSTED ? inverted : undefined;
    const column = new Float64Array(n);
    const gains: InputChange[] = [];
    for (let input = 0; input < fit.inputs; input++) {
      if (isKept[input] || !mayKeep(input)) continue;
      let rest = fit.target(output, input) - row.bias * fit.gram(output, input, fit.inputs);
      for (let i = 0; i < n; i++) {
        column[i] = fit.gram(output, input, unknowns[i]!);
        if (i < kept.length) rest -= row.weights[kept[i]!]! * column[i]!;
      }
      const own = fit.gram(output, input, input) + held;
      const left = adjusted ? own - explained(adjusted, n, column) : own;
      gains.push({ input, change: rest ** 2 / Math.max(left, own * 1e-9) });
    }
    this.gains = gains.sort((a, b) => b.change - a.change || a.input - b.input);
  }
}

/** xᵀ A x */
function explained(matrix: Float64Array, n: number, x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let product = 0;
    for (let j = 0; j < n; j++) product += matrix[i * n + j]! * x[j]!;
    sum += x[i]! * product;
  }
  return sum;
}
