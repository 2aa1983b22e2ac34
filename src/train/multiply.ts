/** A matrix inside a flat buffer: element (r, t) is `data[start + rows[r] + terms[t]]`; `start` is an argument of the product. */
export interface View {
  readonly data: Float64Array;
  readonly rows: Int32Array;
  readonly terms: Int32Array;
}

/** Where the matrices of a product start in their buffers; at 0 unless given. */
export interface Starts {
  readonly out?: number;
  readonly left?: number;
  readonly right?: number;
}

/** The offsets 0, step, 2 step, ... of `count` elements. */
export function offsets(count: number, step: number): Int32Array {
  return Int32Array.from({ length: count }, (_, index) => index * step);
}

/**
 * The inner loop of training: out[r, s] += sum over t of left[r, t] * right[s, t], added in
 * ascending t. `out` has left's rows as its rows and right's rows as its terms, and its elements must not
 * overlap. Offset tables instead of strides make a convolution a product too, without a copy of its patches.
 */
export function multiplyAdd(out: View, left: View, right: View, starts: Starts = {}): void {
  if (left.rows.length === 1) {
    multiplyAddRow(out, left, right, starts);
    return;
  }
  const { out: outStart = 0, left: leftStart = 0, right: rightStart = 0 } = starts;
  const c = out.data;
  const a = left.data;
  const b = right.data;
  const aTerms = left.terms;
  const bTerms = right.terms;
  const rows = left.rows.length;
  const columns = right.rows.length;
  const terms = aTerms.length;
  // 3 x 3 results at a time stay in registers and share their loads; larger tiles spill and measured no faster. At an
  // edge the last row or column is computed twice, with the same result.
  for (let r = 0; r < rows; r += 3) {
    const r1 = Math.min(r + 1, rows - 1);
    const r2 = Math.min(r + 2, rows - 1);
    const a0 = leftStart + left.rows[r]!;
    const a1 = leftStart + left.rows[r1]!;
    const a2 = leftStart + left.rows[r2]!;
    const c0 = outStart + out.rows[r]!;
    const c1 = outStart + out.rows[r1]!;
    const c2 = outStart + out.rows[r2]!;
    for (let s = 0; s < columns; s += 3) {
      const s1 = Math.min(s + 1, columns - 1);
      const s2 = Math.min(s + 2, columns - 1);
      const b0 = rightStart + right.rows[s]!;
      const b1 = rightStart + right.rows[s1]!;
      const b2 = rightStart + right.rows[s2]!;
      const d0 = out.terms[s]!;
      const d1 = out.terms[s1]!;
      const d2 = out.terms[s2]!;
      let c00 = c[c0 + d0]!;
      let c01 = c[c0 + d1]!;
      let c02 = c[c0 + d2]!;
      let c10 = c[c1 + d0]!;
      let c11 = c[c1 + d1]!;
      let c12 = c[c1 + d2]!;
      let c20 = c[c2 + d0]!;
      let c21 = c[c2 + d1]!;
      let c22 = c[c2 + d2]!;
      for (let t = 0; t < terms; t++) {
        const u = aTerms[t]!;
        const v = bTerms[t]!;
        const x0 = a[a0 + u]!;
        const x1 = a[a1 + u]!;
        const x2 = a[a2 + u]!;
        const y0 = b[b0 + v]!;
        const y1 = b[b1 + v]!;
        const y2 = b[b2 + v]!;
        c00 += x0 * y0;
        c01 += x0 * y1;
        c02 += x0 * y2;
        c10 += x1 * y0;
        c11 += x1 * y1;
        c12 += x1 * y2;
        c20 += x2 * y0;
        c21 += x2 * y1;
        c22 += x2 * y2;
      }
      c[c0 + d0] = c00;
      c[c0 + d1] = c01;
      c[c0 + d2] = c02;
      c[c1 + d0] = c10;
      c[c1 + d1] = c11;
      c[c1 + d2] = c12;
      c[c2 + d0] = c20;
      c[c2 + d1] = c21;
      c[c2 + d2] = c22;
    }
  }
}

/** The same for a `left` of one row, which depthwise convolutions have: tiles of 3 x 3 would compute it three times. */
function multiplyAddRow(out: View, left: View, right: View, starts: Starts): void {
  const { out: outStart = 0, left: leftStart = 0, right: rightStart = 0 } = starts;
  const c = out.data;
  const a = left.data;
  const b = right.data;
  const aTerms = left.terms;
  const bTerms = right.terms;
  const columns = right.rows.length;
  const terms = aTerms.length;
  const a0 = leftStart + left.rows[0]!;
  const c0 = outStart + out.rows[0]!;
  for (let s = 0; s < columns; s += 4) {
    const s1 = Math.min(s + 1, columns - 1);
    const s2 = Math.min(s + 2, columns - 1);
    const s3 = Math.min(s + 3, columns - 1);
    const b0 = rightStart + right.rows[s]!;
    const b1 = rightStart + right.rows[s1]!;
    const b2 = rightStart + right.rows[s2]!;
    const b3 = rightStart + right.rows[s3]!;
    let sum0 = c[c0 + out.terms[s]!]!;
    let sum1 = c[c0 + out.terms[s1]!]!;
    let sum2 = c[c0 + out.terms[s2]!]!;
    let sum3 = c[c0 + out.terms[s3]!]!;
    for (let t = 0; t < terms; t++) {
      const x = a[a0 + aTerms[t]!]!;
      const v = bTerms[t]!;
      sum0 += x * b[b0 + v]!;
      sum1 += x * b[b1 + v]!;
      sum2 += x * b[b2 + v]!;
      sum3 += x * b[b3 + v]!;
    }
    c[c0 + out.terms[s]!] = sum0;
    c[c0 + out.terms[s1]!] = sum1;
    c[c0 + out.terms[s2]!] = sum2;
    c[c0 + out.terms[s3]!] = sum3;
  }
}
