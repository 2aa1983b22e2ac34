/** Twin of shaders/shared/activation.wgsl. */
import { bounded, exp, one } from './exp';

/** ACTIVATION_LIMIT of src/kernels/spec.ts. */
const LIMIT: f32 = 1e15;
const VECTOR = 16;

/**
 * Applies the activation to the vectors from `first` to before `end`, f32, in place. Vectors are independent of each
 * other, so a loop over many of them hides the latency of exponentials and divisions.
 *
 * Values are never NaN, so the pseudo-minimum and -maximum, which are one instruction each, equal the minimum and
 * maximum.
 *
 * @param activation none 0, sigmoid 1, tanh 2, relu 3
 */
export function activate(first: usize, end: usize, activation: i32): void {
  switch (activation) {
    case 1:
      for (let at = first; at < end; at += VECTOR) {
        const e = exp(f32x4.neg(bounded(v128.load(at))));
        v128.store(at, f32x4.div(one(), f32x4.add(one(), e)));
      }
      break;
    case 2:
      for (let at = first; at < end; at += VECTOR) {
        const v = v128.load(at);
        // As in the shader, the exponent is never positive, so it cannot overflow.
        const sign = v128.and(v, i32x4.splat(0x80000000));
        const e = exp(f32x4.neg(bounded(f32x4.abs(f32x4.add(v, v)))));
        v128.store(at, v128.or(sign, f32x4.div(f32x4.sub(one(), e), f32x4.add(one(), e))));
      }
      break;
    case 3:
      for (let at = first; at < end; at += VECTOR) {
        v128.store(at, f32x4.pmin(f32x4.pmax(v128.load(at), f32x4.splat(0)), f32x4.splat(LIMIT)));
      }
      break;
    default:
      for (let at = first; at < end; at += VECTOR) {
        v128.store(at, f32x4.pmin(f32x4.pmax(v128.load(at), f32x4.splat(-LIMIT)), f32x4.splat(LIMIT)));
      }
  }
}
