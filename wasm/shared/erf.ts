import { one, signs } from './exp';
import { DECAY, exponentials } from './exponentials';
import { PIXEL, VECTOR } from './sum_tile';

/**
 * Coefficients, four lanes each: of erf(x) / x as a polynomial in x^2 on [0, 1], and of -ln(1 - erf(x)) / x as one in x on
 * [1, 4], highest powers first. Both interpolate the function at Chebyshev nodes; they are off by 1.4e-8 and, in the result,
 * 1.5e-8.
 */
// prettier-ignore
const COEFFICIENTS = memory.data<f32>([
  -5.648059886880219e-4, -5.648059886880219e-4, -5.648059886880219e-4, -5.648059886880219e-4,
  4.921761807054281e-3, 4.921761807054281e-3, 4.921761807054281e-3, 4.921761807054281e-3,
  -2.6715055108070374e-2, -2.6715055108070374e-2, -2.6715055108070374e-2, -2.6715055108070374e-2,
  0.11280316859483719, 0.11280316859483719, 0.11280316859483719, 0.11280316859483719,
  -0.37612342834472656, -0.37612342834472656, -0.37612342834472656, -0.37612342834472656,
  1.1283791065216064, 1.1283791065216064, 1.1283791065216064, 1.1283791065216064,
  1.63092900038464e-5, 1.63092900038464e-5, 1.63092900038464e-5, 1.63092900038464e-5,
  -3.691623860504478e-4, -3.691623860504478e-4, -3.691623860504478e-4, -3.691623860504478e-4,
  3.805152839049697e-3, 3.805152839049697e-3, 3.805152839049697e-3, 3.805152839049697e-3,
  -2.4032600224018097e-2, -2.4032600224018097e-2, -2.4032600224018097e-2, -2.4032600224018097e-2,
  0.1064411923289299, 0.1064411923289299, 0.1064411923289299, 0.1064411923289299,
  0.6351093649864197, 0.6351093649864197, 0.6351093649864197, 0.6351093649864197,
  1.1286351680755615, 1.1286351680755615, 1.1286351680755615, 1.1286351680755615,
  4, 4, 4, 4,
]);

/**
 * The error function of three vectors at an address, in place: within 1.2e-7 (scripts/exp-error.ts measures it). Beyond 4 it
 * is 1 in float32.
 */
export function erfInPlace(at: usize): void {
  const x0 = v128.load(at);
  const x1 = v128.load(at, VECTOR);
  const x2 = v128.load(at, 2 * VECTOR);
  v128.store(at, exponent(sizeOf(x0)));
  v128.store(at, exponent(sizeOf(x1)), VECTOR);
  v128.store(at, exponent(sizeOf(x2)), 2 * VECTOR);
  exponentials(at, at + PIXEL, DECAY);
  v128.store(at, erfOf(x0, v128.load(at)));
  v128.store(at, erfOf(x1, v128.load(at, VECTOR)), VECTOR);
  v128.store(at, erfOf(x2, v128.load(at, 2 * VECTOR)), 2 * VECTOR);
}

function sizeOf(x: v128): v128 {
  return f32x4.pmin(v128.andnot(x, signs()), v128.load(COEFFICIENTS, 208));
}

/** -ln(1 - erf(x)), for x from 1 to 4; at most 18 below. */
function exponent(x: v128): v128 {
  let p = v128.load(COEFFICIENTS, 96);
  p = f32x4.add(f32x4.mul(p, x), v128.load(COEFFICIENTS, 112));
  p = f32x4.add(f32x4.mul(p, x), v128.load(COEFFICIENTS, 128));
  p = f32x4.add(f32x4.mul(p, x), v128.load(COEFFICIENTS, 144));
  p = f32x4.add(f32x4.mul(p, x), v128.load(COEFFICIENTS, 160));
  p = f32x4.add(f32x4.mul(p, x), v128.load(COEFFICIENTS, 176));
  p = f32x4.add(f32x4.mul(p, x), v128.load(COEFFICIENTS, 192));
  return f32x4.mul(p, x);
}

/** @param e exp(-exponent(|x|)) */
function erfOf(x: v128, e: v128): v128 {
  const size = sizeOf(x);
  const square = f32x4.mul(size, size);
  let p = v128.load(COEFFICIENTS);
  p = f32x4.add(f32x4.mul(p, square), v128.load(COEFFICIENTS, 16));
  p = f32x4.add(f32x4.mul(p, square), v128.load(COEFFICIENTS, 32));
  p = f32x4.add(f32x4.mul(p, square), v128.load(COEFFICIENTS, 48));
  p = f32x4.add(f32x4.mul(p, square), v128.load(COEFFICIENTS, 64));
  p = f32x4.add(f32x4.mul(p, square), v128.load(COEFFICIENTS, 80));
  const small = f32x4.mul(p, size);
  const large = f32x4.sub(one(), e);
  return v128.or(v128.and(x, signs()), v128.bitselect(small, large, f32x4.lt(size, one())));
}
