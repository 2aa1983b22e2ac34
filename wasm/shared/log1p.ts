/**
 * ln(1 + x) in four lanes, for 0 <= x <= 1: 2 artanh(s) with s = x / (2 + x), which is at most 1/3, by the series s + s^3/3 + ... +
 * s^13/13. The rest of the series is below 2 (1/3)^15 / 15 / (1 - 1/9) = 1.1e-8, a tenth of a unit in the last place of 1.
 */
export function log1p(x: v128): v128 {
  const s = f32x4.div(x, f32x4.add(f32x4.splat(2), x));
  const square = f32x4.mul(s, s);
  let p = f32x4.splat(2.0 / 13.0);
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(2.0 / 11.0));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(2.0 / 9.0));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(2.0 / 7.0));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(2.0 / 5.0));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(2.0 / 3.0));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(2));
  return f32x4.mul(p, s);
}
