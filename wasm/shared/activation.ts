/** Twin of shaders/shared/activation.wgsl. */
import { erfInPlace } from './erf';
import { one, signs, zero } from './exp';
import { DECAY, exponentials, SIGMOID, TANH } from './exponentials';
import { log1p } from './log1p';
import { PIXEL, VECTOR } from './sum_tile';

/** ACTIVATION_LIMIT of src/kernels/spec.ts. */
const LIMIT: f32 = 1e15;

/**
 * Applies the activation to the vectors from `first` to before `end`, f32, in place, three at a time: those of a pixel.
 *
 * Values are never NaN, so the pseudo-minimum and -maximum, which are one instruction each, equal the minimum and
 * maximum.
 *
 * @param first address of the first vector
 * @param end address after the last, a multiple of three vectors from the first
 * @param activation index in `ACTIVATIONS` of src/kernels/activation.ts
 * @param alpha parameter of the activation
 */
export function activate(first: usize, end: usize, activation: i32, alpha: f32): void {
  switch (activation) {
    case 0:
      return clamp(first, end, -LIMIT, LIMIT);
    case 1:
      return exponentials(first, end, SIGMOID);
    case 2:
      return exponentials(first, end, TANH);
    case 3:
      return clamp(first, end, 0, LIMIT);
    case 4:
      return clamp(first, end, 0, 6);
    case 5:
      return leakyRelu(first, end, alpha);
    case 6:
      return elu(first, end, alpha);
    case 7:
      return hardSigmoid(first, end, alpha);
    case 8:
      return silu(first, end);
    case 9:
      return hardSwish(first, end);
    case 10:
      return gelu(first, end);
    case 11:
      return geluTanh(first, end);
    default:
      return softplus(first, end);
  }
}

function limited(v: v128): v128 {
  return f32x4.pmin(f32x4.pmax(v, f32x4.splat(-LIMIT)), f32x4.splat(LIMIT));
}

/** none, relu and relu6. */
function clamp(first: usize, end: usize, lowest: f32, largest: f32): void {
  const low = f32x4.splat(lowest);
  const high = f32x4.splat(largest);
  for (let at = first; at < end; at += VECTOR) {
    v128.store(at, f32x4.pmin(f32x4.pmax(v128.load(at), low), high));
  }
}

function leakyRelu(first: usize, end: usize, alpha: f32): void {
  const slope = f32x4.splat(alpha);
  for (let at = first; at < end; at += VECTOR) {
    const v = limited(v128.load(at));
    v128.store(at, v128.bitselect(f32x4.mul(slope, v), v, f32x4.lt(v, zero())));
  }
}

function elu(first: usize, end: usize, alpha: f32): void {
  const scale = f32x4.splat(alpha);
  for (let at = first; at < end; at += PIXEL) {
    const v0 = limited(v128.load(at));
    const v1 = limited(v128.load(at, VECTOR));
    const v2 = limited(v128.load(at, 2 * VECTOR));
    v128.store(at, v128.andnot(f32x4.pmin(v0, zero()), signs()));
    v128.store(at, v128.andnot(f32x4.pmin(v1, zero()), signs()), VECTOR);
    v128.store(at, v128.andnot(f32x4.pmin(v2, zero()), signs()), 2 * VECTOR);
    exponentials(at, at + PIXEL, DECAY);
    v128.store(at, eluOf(v0, scale, v128.load(at)));
    v128.store(at, eluOf(v1, scale, v128.load(at, VECTOR)), VECTOR);
    v128.store(at, eluOf(v2, scale, v128.load(at, 2 * VECTOR)), 2 * VECTOR);
  }
}

/** @param e exp(min(v, 0)) */
function eluOf(v: v128, scale: v128, e: v128): v128 {
  return v128.bitselect(f32x4.mul(scale, f32x4.sub(e, one())), v, f32x4.lt(v, zero()));
}

function hardSigmoid(first: usize, end: usize, alpha: f32): void {
  const slope = f32x4.splat(alpha);
  for (let at = first; at < end; at += VECTOR) {
    const v = f32x4.add(f32x4.mul(slope, limited(v128.load(at))), f32x4.splat(0.5));
    v128.store(at, f32x4.pmin(f32x4.pmax(v, zero()), one()));
  }
}

/** x / (1 + exp(-x)). */
function silu(first: usize, end: usize): void {
  for (let at = first; at < end; at += PIXEL) {
    const v0 = limited(v128.load(at));
    const v1 = limited(v128.load(at, VECTOR));
    const v2 = limited(v128.load(at, 2 * VECTOR));
    exponentials(at, at + PIXEL, DECAY);
    v128.store(at, f32x4.div(v0, f32x4.add(one(), v128.load(at))));
    v128.store(at, f32x4.div(v1, f32x4.add(one(), v128.load(at, VECTOR))), VECTOR);
    v128.store(at, f32x4.div(v2, f32x4.add(one(), v128.load(at, 2 * VECTOR))), 2 * VECTOR);
  }
}

/** x * min(max(x + 3, 0), 6) / 6. */
function hardSwish(first: usize, end: usize): void {
  for (let at = first; at < end; at += VECTOR) {
    const v = limited(v128.load(at));
    const gate = f32x4.pmin(f32x4.pmax(f32x4.add(v, f32x4.splat(3)), zero()), f32x4.splat(6));
    v128.store(at, f32x4.mul(f32x4.mul(v, gate), f32x4.splat(1.0 / 6.0)));
  }
}

/** x (1 + erf(x / sqrt(2))) / 2. */
function gelu(first: usize, end: usize): void {
  const scale = f32x4.splat(0.7071067811865476);
  for (let at = first; at < end; at += PIXEL) {
    const v0 = limited(v128.load(at));
    const v1 = limited(v128.load(at, VECTOR));
    const v2 = limited(v128.load(at, 2 * VECTOR));
    v128.store(at, f32x4.mul(v0, scale));
    v128.store(at, f32x4.mul(v1, scale), VECTOR);
    v128.store(at, f32x4.mul(v2, scale), 2 * VECTOR);
    erfInPlace(at);
    v128.store(at, geluOf(v0, v128.load(at)));
    v128.store(at, geluOf(v1, v128.load(at, VECTOR)), VECTOR);
    v128.store(at, geluOf(v2, v128.load(at, 2 * VECTOR)), 2 * VECTOR);
  }
}

function geluOf(v: v128, erf: v128): v128 {
  return f32x4.mul(f32x4.mul(f32x4.splat(0.5), v), f32x4.add(one(), erf));
}

/** x (1 + tanh(u)) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3), as x / (1 + exp(-2u)): so nothing cancels below 0. */
function geluTanh(first: usize, end: usize): void {
  for (let at = first; at < end; at += PIXEL) {
    const v0 = geluLimited(v128.load(at));
    const v1 = geluLimited(v128.load(at, VECTOR));
    const v2 = geluLimited(v128.load(at, 2 * VECTOR));
    v128.store(at, geluExponent(v0));
    v128.store(at, geluExponent(v1), VECTOR);
    v128.store(at, geluExponent(v2), 2 * VECTOR);
    exponentials(at, at + PIXEL, DECAY);
    v128.store(at, f32x4.div(v0, f32x4.add(one(), v128.load(at))));
    v128.store(at, f32x4.div(v1, f32x4.add(one(), v128.load(at, VECTOR))), VECTOR);
    v128.store(at, f32x4.div(v2, f32x4.add(one(), v128.load(at, 2 * VECTOR))), 2 * VECTOR);
  }
}

/** At -10 the result is above -1e-33; below, it would be 0. */
function geluLimited(v: v128): v128 {
  return f32x4.pmin(f32x4.pmax(v, f32x4.splat(-10)), f32x4.splat(LIMIT));
}

/** 2u, for x up to 10: from there on the result is x in float32, and the cube of 1e15 would be infinite. */
function geluExponent(v: v128): v128 {
  const x = f32x4.pmin(v, f32x4.splat(10));
  const slope = f32x4.add(
    f32x4.mul(f32x4.splat(0.0713548162726), f32x4.mul(x, x)),
    f32x4.splat(1.5957691216057308),
  );
  return f32x4.mul(x, slope);
}

/** max(x, 0) + ln(1 + exp(-|x|)). */
function softplus(first: usize, end: usize): void {
  for (let at = first; at < end; at += PIXEL) {
    const v0 = limited(v128.load(at));
    const v1 = limited(v128.load(at, VECTOR));
    const v2 = limited(v128.load(at, 2 * VECTOR));
    v128.store(at, v128.andnot(v0, signs()));
    v128.store(at, v128.andnot(v1, signs()), VECTOR);
    v128.store(at, v128.andnot(v2, signs()), 2 * VECTOR);
    exponentials(at, at + PIXEL, DECAY);
    v128.store(at, f32x4.add(f32x4.pmax(v0, zero()), log1p(v128.load(at))));
    v128.store(at, f32x4.add(f32x4.pmax(v1, zero()), log1p(v128.load(at, VECTOR))), VECTOR);
    v128.store(at, f32x4.add(f32x4.pmax(v2, zero()), log1p(v128.load(at, 2 * VECTOR))), 2 * VECTOR);
  }
}
