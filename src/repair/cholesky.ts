/** Symmetric positive definite systems in float64, by Cholesky's factorisation: A = L Lᵀ. */

/**
 * Replaces the lower triangle of a symmetric matrix by that of its factor L. Returns false, with the matrix half replaced, if it is not
 * positive definite to rounding.
 *
 * @param matrix [n, n]; only its lower triangle is read
 */
export function factorize(matrix: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j <= i; j++) {
      const other = j * n;
      let sum = matrix[row + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[row + k]! * matrix[other + k]!;
      if (j < i) matrix[row + j] = sum / matrix[other + j]!;
      else {
        // Less than rounding leaves of the diagonal: the column is a combination of those before it.
        if (!(sum > Number.EPSILON * n * matrix[row + i]!)) return false;
        matrix[row + i] = Math.sqrt(sum);
      }
    }
  }
  return true;
}

/** Replaces the right side b of A x = b by x. */
export function solve(factor: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i * n + k]! * b[k]!;
    b[i] = sum / factor[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    const x = b[i]! / factor[i * n + i]!;
    b[i] = x;
    for (let k = 0; k < i; k++) b[k]! -= factor[i * n + k]! * x;
  }
}

/** The inverse of A, [n, n] and whole. */
export function inverse(factor: Float64Array, n: number): Float64Array {
  const lower = inverseOfLower(factor, n);
  const result = new Float64Array(n * n);
  // A⁻¹ = L⁻ᵀ L⁻¹, row after row of L⁻¹.
  for (let k = 0; k < n; k++) {
    for (let i = 0; i <= k; i++) {
      const value = lower[k * n + i]!;
      for (let j = 0; j <= i; j++) result[i * n + j]! += value * lower[k * n + j]!;
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) result[j * n + i] = result[i * n + j]!;
  return result;
}

function inverseOfLower(factor: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    const diagonal = factor[row + i]!;
    for (let k = 0; k < i; k++) {
      const value = factor[row + k]!;
      if (value === 0) continue;
      for (let j = 0; j <= k; j++) result[row + j]! -= value * result[k * n + j]!;
    }
    for (let j = 0; j < i; j++) result[row + j]! /= diagonal;
    result[row + i] = 1 / diagonal;
  }
  return result;
}
