/**
 * ln x in float64, for x >= 1, with an error below one unit in the last place. Algorithm and coefficients are those of
 * log in FreeBSD's fdlibm, as in src/core/math.ts.
 */
export function log(x: f64): f64 {
  // x = 2^k (1 + f) with sqrt(1/2) < 1 + f < sqrt(2).
  const bits = reinterpret<u64>(x);
  let k = <i32>(bits >>> 52) - 1023;
  let mantissa = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    k++;
  }
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const even =
    z *
    (6.66666666666673513e-1 +
      w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  const halfSquare = 0.5 * f * f;
  // ln 2 in two parts, of which the first has 33 bits.
  const high = <f64>k * 6.9314718036912381649e-1;
  return high - (halfSquare - (s * (halfSquare + odd + even) + <f64>k * 1.90821492927058770002e-10) - f);
}
