import { bounded, expInPlace, one } from './exp';
import { VECTOR } from './sum_tile';

/**
 * The error function of three vectors at an address, in place: 1 - (a1 t + ... + a5 t^5) exp(-x^2) with t = 1 / (1 + p x) for
 * x >= 0, which is within 1.5e-7 (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26), and odd. In float32
 * it is off by at most 4e-7 (scripts/exp-error.ts measures it).
 */
export function erfInPlace(at: usize): void {
  const x0 = v128.load(at);
  const x1 = v128.load(at, VECTOR);
  const x2 = v128.load(at, 2 * VECTOR);
  v128.store(at, f32x4.neg(bounded(f32x4.mul(x0, x0))));
  v128.store(at, f32x4.neg(bounded(f32x4.mul(x1, x1))), VECTOR);
  v128.store(at, f32x4.neg(bounded(f32x4.mul(x2, x2))), 2 * VECTOR);
  expInPlace(at);
  v128.store(at, erfOf(x0, v128.load(at)));
  v128.store(at, erfOf(x1, v128.load(at, VECTOR)), VECTOR);
  v128.store(at, erfOf(x2, v128.load(at, 2 * VECTOR)), 2 * VECTOR);
}

/** @param e exp(-x^2) */
function erfOf(x: v128, e: v128): v128 {
  const sign = v128.and(x, i32x4.splat(0x80000000));
  const t = f32x4.div(one(), f32x4.add(one(), f32x4.mul(f32x4.splat(0.3275911), f32x4.abs(x))));
  let p = f32x4.splat(1.061405429);
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-1.453152027));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(1.421413741));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-0.284496736));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.254829592));
  return v128.or(sign, f32x4.sub(one(), f32x4.mul(f32x4.mul(p, t), e)));
}
