/** Twin of shaders/shared/activation.wgsl: none 0, sigmoid 1, tanh 2, relu 3. */
import { exp } from './exp';

/** ACTIVATION_LIMIT of src/kernels/spec.ts. */
const LIMIT: f32 = 1e15;

/** `v` is never NaN, so the pseudo-minimum and -maximum, one instruction each, are the minimum and maximum. */
export function activate(v: v128, activation: i32): v128 {
  switch (activation) {
    case 1: {
      const bounded = f32x4.pmin(f32x4.pmax(v, f32x4.splat(-80)), f32x4.splat(80));
      return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exp(f32x4.neg(bounded))));
    }
    case 2: {
      const e = exp(f32x4.mul(f32x4.splat(-2), f32x4.pmin(f32x4.abs(v), f32x4.splat(40))));
      const magnitude = f32x4.div(f32x4.sub(f32x4.splat(1), e), f32x4.add(f32x4.splat(1), e));
      return v128.or(magnitude, v128.and(v, i32x4.splat(0x80000000)));
    }
    case 3:
      return f32x4.pmin(f32x4.pmax(v, f32x4.splat(0)), f32x4.splat(LIMIT));
    default:
      return f32x4.pmin(f32x4.pmax(v, f32x4.splat(-LIMIT)), f32x4.splat(LIMIT));
  }
}
