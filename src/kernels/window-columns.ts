/**
 * The columns of pixels that a kernel of a convolution fetches under one row of its weights, for `places` neighbouring places of
 * the window. Columns are fetched once, `step` pixels apart: a place's column for a weight is
 * `place * perPlace + weight * perTap`.
 */
export interface WindowColumns {
  readonly columns: number;
  readonly step: number;
  readonly perPlace: number;
  readonly perTap: number;
}

/**
 * @param taps weights of one row
 * @param places neighbouring places of the window, `stride` pixels apart
 * @param dilation pixels from one weight to the next
 */
export function windowColumns(taps: number, places: number, stride: number, dilation: number): WindowColumns {
  // With one place, its stride does not matter.
  const step = places === 1 ? dilation : commonDivisor(stride, dilation);
  const [perPlace, perTap] = [places === 1 ? 0 : stride / step, dilation / step];
  return { columns: (places - 1) * perPlace + (taps - 1) * perTap + 1, step, perPlace, perTap };
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
