import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { multiplyAdd, offsets } from '../../../src/train/multiply.ts';

/** Whole numbers, so that sums are exact in any order. */
const numbers = (length: number, factor: number) =>
  Float64Array.from({ length }, (_, i) => ((i * factor) % 13) - 6);

test('adds the product for every size around the tiles of 3 and, for a single row, 4', () => {
  for (const rows of [1, 2, 3, 4, 5, 7]) {
    for (const columns of [1, 2, 3, 4, 5, 6]) {
      for (const terms of [0, 1, 5]) {
        const left = numbers(rows * terms, 5);
        const right = numbers(columns * terms, 7);
        const before = numbers(rows * columns, 3);
        const expected = before.map((value, i) => {
          const [r, s] = [Math.floor(i / columns), i % columns];
          for (let t = 0; t < terms; t++) value += left[r * terms + t]! * right[s * terms + t]!;
          return value;
        });
        const out = Float64Array.of(1e30, ...before, 1e30);
        multiplyAdd(
          { data: out, rows: offsets(rows, columns), terms: offsets(columns, 1) },
          {
            data: Float64Array.of(1e30, 1e30, ...left),
            rows: offsets(rows, terms),
            terms: offsets(terms, 1),
          },
          { data: Float64Array.of(1e30, ...right), rows: offsets(columns, terms), terms: offsets(terms, 1) },
          { out: 1, left: 2, right: 1 },
        );
        assert.equal(out, Float64Array.of(1e30, ...expected, 1e30), `${rows} x ${columns}, ${terms} terms`);
      }
    }
  }
});

test('takes transposed matrices', () => {
  const out = new Float64Array(4);
  multiplyAdd(
    { data: out, rows: offsets(2, 1), terms: offsets(2, 2) },
    { data: Float64Array.of(1, 2, 3, 4), rows: offsets(2, 2), terms: offsets(2, 1) },
    { data: Float64Array.of(5, 6, 7, 8), rows: offsets(2, 1), terms: offsets(2, 2) },
  );
  // [1 2; 3 4] times [5 6; 7 8], columns first.
  assert.equal([...out], [19, 43, 22, 50]);
});

test.run();
