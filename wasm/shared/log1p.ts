/** Coefficients of the series, four lanes each: 2 / 13, 2 / 11, and so on to 2. */
// prettier-ignore
const COEFFICIENTS = memory.data<f32>([
  0.15384615384615385, 0.15384615384615385, 0.15384615384615385, 0.15384615384615385,
  0.18181818181818182, 0.18181818181818182, 0.18181818181818182, 0.18181818181818182,
  0.2222222222222222, 0.2222222222222222, 0.2222222222222222, 0.2222222222222222,
  0.2857142857142857, 0.2857142857142857, 0.2857142857142857, 0.2857142857142857,
  0.4, 0.4, 0.4, 0.4,
  0.6666666666666666, 0.6666666666666666, 0.6666666666666666, 0.6666666666666666,
  2, 2, 2, 2,
]);

/**
 * ln(1 + x) in four lanes, for 0 <= x <= 1: 2 artanh(s) with s = x / (2 + x), which is at most 1/3, by the series s + s^3/3 + ... +
 * s^13/13. The rest of the series is below 2 (1/3)^15 / 15 / (1 - 1/9) = 1.1e-8, a tenth of a unit in the last place of 1.
 */
export function log1p(x: v128): v128 {
  const two = v128.load(COEFFICIENTS, 96);
  const s = f32x4.div(x, f32x4.add(two, x));
  const square = f32x4.mul(s, s);
  let p = v128.load(COEFFICIENTS);
  p = f32x4.add(f32x4.mul(p, square), v128.load(COEFFICIENTS, 16));
  p = f32x4.add(f32x4.mul(p, square), v128.load(COEFFICIENTS, 32));
  p = f32x4.add(f32x4.mul(p, square), v128.load(COEFFICIENTS, 48));
  p = f32x4.add(f32x4.mul(p, square), v128.load(COEFFICIENTS, 64));
  p = f32x4.add(f32x4.mul(p, square), v128.load(COEFFICIENTS, 80));
  p = f32x4.add(f32x4.mul(p, square), two);
  return f32x4.mul(p, s);
}
