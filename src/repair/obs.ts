/**
 * Optimal brain surgeon, output by output: the weight whose loss costs least, where all others adjust, goes first. B. Hassibi, D. Stork, "Second order derivatives for
 * network pruning" (NIPS 1992); for the squared error of a layer's outputs E. Frantar, D. Alistarh, "Optimal Brain Compression" (NeurIPS 2022).
 */
import { factorize, inverse } from './cholesky.ts';
import type { LayerFit, Row } from './layer-fit.ts';

/** In which order the kept weights of an output go. */
export interface RowTrace {
  /** Indices of inputs. */
  readonly order: Uint32Array;
  /** By how much the mean squared error of the output rises with each, if all weights that are left, and the bias, adjust. */
  readonly costs: Float64Array;
}

/** The inverse of the last system: outputs of one group that keep the same inputs share it. */
interface Known {
  readonly group: number;
  readonly kept: Uint32Array;
  readonly inverse: Float64Array | undefined;
}

export class Surgeon {
  readonly #fit: LayerFit;
  readonly #ridge: number;
  #known: Known | undefined;

  constructor(fit: LayerFit, ridge: number) {
    this.#fit = fit;
    this.#ridge = ridge;
  }

  /**
   * The trace of an output; its weights in their own order, at no cost, where the inputs do not determine them.
   *
   * @param kept indices of inputs, ascending
   */
  trace(output: number, kept: Uint32Array, current: Row): RowTrace {
    const right = this.#fit.right(output, kept, current, this.#ridge);
    const n = right.length;
    const inverted = this.#inverseOf(output, kept, n);
    if (!inverted) return { order: kept, costs: new Float64Array(kept.length) };
    const weights = product(inverted, n, right);
    return removeAll(inverted.slice(), n, weights, kept);
  }

  #inverseOf(output: number, kept: Uint32Array, n: number): Float64Array | undefined {
    const group = this.#fit.groupOf(output);
    if (this.#known?.group === group && sameInputs(this.#known.kept, kept)) return this.#known.inverse;
    const matrix = this.#fit.matrix(output, kept, this.#ridge);
    const found = factorize(matrix, n) ? inverse(matrix, n) : undefined;
    this.#known = { group, kept, inverse: found };
    return found;
  }
}

const sameInputs = (a: Uint32Array, b: Uint32Array) =>
  a.length === b.length && a.every((input, i) => input === b[i]);

function product(matrix: Float64Array, n: number, x: Float64Array): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += matrix[i * n + j]! * x[j]!;
    return sum;
  });
}

/**
 * Removes weight after weight. The first `left` rows and columns of the inverse are of those that are there still; the bias, if there is one, is last
 * and stays.
 *
 * @param inverse [n, n], of which the lower triangle is used and overwritten
 */
function removeAll(inverse: Float64Array, n: number, weights: Float64Array, kept: Uint32Array): RowTrace {
  const count = kept.length;
  const order = new Uint32Array(count);
  const costs = new Float64Array(count);
  // Which unknown is at each place; the bias goes first, where nothing takes its place.
  const hasBias = n > count;
  const first = hasBias ? 1 : 0;
  const at = Uint32Array.from({ length: n }, (_, i) => i);
  if (hasBias) {
    swap(inverse, n, weights, 0, n - 1);
    at[0] = n - 1;
    at[n - 1] = 0;
  }
  const column = new Float64Array(n);
  for (let step = 0, left = n; step < count; step++, left--) {
    let least = first;
    let cost = Infinity;
    for (let i = first; i < left; i++) {
      const own = (weights[i]! * weights[i]!) / inverse[i * n + i]!;
      if (own < cost) {
        cost = own;
        least = i;
      }
    }
    order[step] = kept[at[least]!]!;
    costs[step] = cost;
    const last = left - 1;
    swap(inverse, n, weights, least, last);
    at[least] = at[last]!;
    removeLast(inverse, n, weights, last, column);
  }
  return { order, costs };
}

/** Exchanges two unknowns, `a` not after `b`, `b` the last of those that are left. Only the lower triangle counts. */
function swap(inverse: Float64Array, n: number, weights: Float64Array, a: number, b: number): void {
  if (a === b) return;
  [weights[a], weights[b]] = [weights[b]!, weights[a]!];
  const exchange = (i: number, j: number) => {
    const value = inverse[i]!;
    inverse[i] = inverse[j]!;
    inverse[j] = value;
  };
  for (let j = 0; j < a; j++) exchange(a * n + j, b * n + j);
  for (let i = a + 1; i < b; i++) exchange(i * n + a, b * n + i);
  exchange(a * n + a, b * n + b);
}

/** Eliminates the last unknown: what is left of the inverse is that of the system without it. */
function removeLast(
  inverse: Float64Array,
  n: number,
  weights: Float64Array,
  last: number,
  column: Float64Array,
): void {
  const row = last * n;
  const pivot = inverse[row + last]!;
  for (let i = 0; i < last; i++) column[i] = inverse[row + i]!;
  const share = weights[last]! / pivot;
  for (let i = 0; i < last; i++) {
    const factor = column[i]! / pivot;
    weights[i]! -= share * column[i]!;
    const own = i * n;
    for (let j = 0; j <= i; j++) inverse[own + j]! -= factor * column[j]!;
  }
}
