/**
 * The activations that take most of the time, and exp(-x) for others: three vectors, those of a pixel, step by step side by side. So
 * their latencies overlap, and every constant is loaded once for all three. They stay in registers from one end to the
 * other: the kind of function is a branch in the loop, which is always the same, and not a call.
 *
 * As `exp(-x)` of exp.ts, to the last bit; the sign of x is in the constants and in differences instead of sums.
 */
import { CONSTANTS, one, signs } from './exp';
import { PIXEL, VECTOR } from './sum_tile';

/** exp(-x), with x clamped to -80 to 80: beyond that a sigmoid differs from its limits by less than 1e-34. */
export const DECAY = 0;
/** Indices in `ACTIVATIONS` of src/kernels/activation.ts. */
export const SIGMOID = 1;
export const TANH = 2;

/** Replaces the vectors from `first` to before `end`, a multiple of three. */
export function exponentials(first: usize, end: usize, kind: i32): void {
  for (let at = first; at < end; at += PIXEL) {
    let x0 = v128.load(at);
    let x1 = v128.load(at, VECTOR);
    let x2 = v128.load(at, 2 * VECTOR);
    if (kind == TANH) {
      // As in the shader, the exponent is never positive, so it cannot overflow.
      const sign = signs();
      x0 = v128.andnot(f32x4.add(x0, x0), sign);
      x1 = v128.andnot(f32x4.add(x1, x1), sign);
      x2 = v128.andnot(f32x4.add(x2, x2), sign);
    }
    let c = v128.load(CONSTANTS, 192);
    let d = v128.load(CONSTANTS, 176);
    x0 = f32x4.pmin(f32x4.pmax(x0, c), d);
    x1 = f32x4.pmin(f32x4.pmax(x1, c), d);
    x2 = f32x4.pmin(f32x4.pmax(x2, c), d);
    c = v128.load(CONSTANTS, 224);
    const shift = v128.load(CONSTANTS, 16);
    const shifted0 = f32x4.add(f32x4.mul(x0, c), shift);
    const shifted1 = f32x4.add(f32x4.mul(x1, c), shift);
    const shifted2 = f32x4.add(f32x4.mul(x2, c), shift);
    const n0 = f32x4.sub(shifted0, shift);
    const n1 = f32x4.sub(shifted1, shift);
    const n2 = f32x4.sub(shifted2, shift);
    // From here on x is -r.
    c = v128.load(CONSTANTS, 32);
    x0 = f32x4.add(x0, f32x4.mul(n0, c));
    x1 = f32x4.add(x1, f32x4.mul(n1, c));
    x2 = f32x4.add(x2, f32x4.mul(n2, c));
    c = v128.load(CONSTANTS, 48);
    x0 = f32x4.add(x0, f32x4.mul(n0, c));
    x1 = f32x4.add(x1, f32x4.mul(n1, c));
    x2 = f32x4.add(x2, f32x4.mul(n2, c));
    const square0 = f32x4.mul(x0, x0);
    const square1 = f32x4.mul(x1, x1);
    const square2 = f32x4.mul(x2, x2);
    c = v128.load(CONSTANTS, 64);
    d = v128.load(CONSTANTS, 80);
    let p0 = f32x4.mul(f32x4.sub(d, f32x4.mul(c, x0)), square0);
    let p1 = f32x4.mul(f32x4.sub(d, f32x4.mul(c, x1)), square1);
    let p2 = f32x4.mul(f32x4.sub(d, f32x4.mul(c, x2)), square2);
    c = v128.load(CONSTANTS, 96);
    d = v128.load(CONSTANTS, 112);
    p0 = f32x4.mul(f32x4.add(p0, f32x4.sub(d, f32x4.mul(c, x0))), square0);
    p1 = f32x4.mul(f32x4.add(p1, f32x4.sub(d, f32x4.mul(c, x1))), square1);
    p2 = f32x4.mul(f32x4.add(p2, f32x4.sub(d, f32x4.mul(c, x2))), square2);
    c = v128.load(CONSTANTS, 128);
    d = v128.load(CONSTANTS, 144);
    p0 = f32x4.mul(f32x4.add(p0, f32x4.sub(d, f32x4.mul(c, x0))), square0);
    p1 = f32x4.mul(f32x4.add(p1, f32x4.sub(d, f32x4.mul(c, x1))), square1);
    p2 = f32x4.mul(f32x4.add(p2, f32x4.sub(d, f32x4.mul(c, x2))), square2);
    c = one();
    p0 = i32x4.add(f32x4.add(p0, f32x4.sub(c, x0)), i32x4.shl(shifted0, 23));
    p1 = i32x4.add(f32x4.add(p1, f32x4.sub(c, x1)), i32x4.shl(shifted1, 23));
    p2 = i32x4.add(f32x4.add(p2, f32x4.sub(c, x2)), i32x4.shl(shifted2, 23));

    if (kind == SIGMOID) {
      v128.store(at, f32x4.div(c, f32x4.add(c, p0)));
      v128.store(at, f32x4.div(c, f32x4.add(c, p1)), VECTOR);
      v128.store(at, f32x4.div(c, f32x4.add(c, p2)), 2 * VECTOR);
    } else if (kind == TANH) {
      const sign = signs();
      p0 = f32x4.div(f32x4.sub(c, p0), f32x4.add(c, p0));
      p1 = f32x4.div(f32x4.sub(c, p1), f32x4.add(c, p1));
      p2 = f32x4.div(f32x4.sub(c, p2), f32x4.add(c, p2));
      v128.store(at, v128.or(p0, v128.and(v128.load(at), sign)));
      v128.store(at, v128.or(p1, v128.and(v128.load(at, VECTOR), sign)), VECTOR);
      v128.store(at, v128.or(p2, v128.and(v128.load(at, 2 * VECTOR), sign)), 2 * VECTOR);
    } else {
      v128.store(at, p0);
      v128.store(at, p1, VECTOR);
      v128.store(at, p2, 2 * VECTOR);
    }
  }
}
