/** Systems against Gaussian elimination with pivots, written here. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { factorize, inverse, solve } from '../../../src/repair/cholesky.ts';
import { generator } from '../../helpers/data/numbers.ts';

/** A product of a random matrix with its transpose, of this rank. */
function positive(n: number, rank: number, seed: string): Float64Array {
  const random = Float64Array.from(generator(seed).floats(n * rank, 1));
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let k = 0; k < rank; k++) matrix[i * n + j]! += random[i * rank + k]! * random[j * rank + k]!;
  return matrix;
}

function eliminated(matrix: Float64Array, n: number, right: Float64Array): Float64Array {
  const rows = Array.from({ length: n }, (_, i) => [...matrix.subarray(i * n, (i + 1) * n), right[i]!]);
  for (let column = 0; column < n; column++) {
    const pivot = rows
      .slice(column)
      .reduce((best, row) => (Math.abs(row[column]!) > Math.abs(best[column]!) ? row : best));
    const at = rows.indexOf(pivot);
    [rows[column], rows[at]] = [rows[at]!, rows[column]!];
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = row[column]! / pivot[column]!;
      row.forEach((_, k) => (row[k]! -= factor * pivot[k]!));
    }
  }
  return Float64Array.from(rows, (row, i) => row[n]! / row[i]!);
}

for (const n of [1, 2, 7, 40]) {
  test(`a system of ${n}`, () => {
    const matrix = positive(n, n + 5, `system ${n}`);
    const right = Float64Array.from(generator(`right ${n}`).floats(n, 1));
    const expected = eliminated(matrix, n, right);
    const factor = matrix.slice();
    assert.ok(factorize(factor, n));
    const found = right.slice();
    solve(factor, n, found);
    const inverted = inverse(factor, n);
    expected.forEach((value, i) => {
      assert.ok(Math.abs(found[i]! - value) <= 1e-8 * (1 + Math.abs(value)));
      let product = 0;
      for (let j = 0; j < n; j++) {
        product += inverted[i * n + j]! * right[j]!;
        assert.ok(Math.abs(inverted[i * n + j]! - inverted[j * n + i]!) === 0, 'symmetric');
      }
      assert.ok(Math.abs(product - value) <= 1e-8 * (1 + Math.abs(value)));
    });
  });
}

test('a matrix that is not positive definite has no factor', () => {
  assert.not(factorize(positive(6, 5, 'singular'), 6));
  assert.not(factorize(Float64Array.of(0), 1));
  assert.not(factorize(Float64Array.of(-1), 1));
  assert.not(factorize(Float64Array.of(1, 2, 2, 1), 2));
  assert.not(factorize(Float64Array.of(NaN), 1));
  const two = positive(6, 5, 'singular');
  for (let i = 0; i < 6; i++) two[i * 6 + i]! += 1e-3;
  assert.ok(factorize(two, 6), 'a ridge helps');
});

test.run();
