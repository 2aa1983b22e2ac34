/**
 * The natural logarithm and its inverse, with the same results on every JavaScript engine. ECMAScript leaves the last bits of `Math.log`
 * and `Math.exp` to the implementation. Argument reduction, polynomials and coefficients are those of FreeBSD's fdlibm (e_log.c, e_exp.c);
 * the results are within one unit in the last place.
 */

const LN2_HIGH = 6.9314718036912381649e-1; // the upper 33 bits of ln 2
const LN2_LOW = 1.90821492927058770002e-10;

const view = new DataView(new ArrayBuffer(8));

/** ln x; -Infinity at 0, NaN below. */
export function log(x: number): number {
  if (Number.isNaN(x) || x < 0) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return x;
  let scaled = x;
  let k = 0;
  if (x < 2.2250738585072014e-308) {
    scaled = x * 2 ** 54;
    k = -54;
  }
  // x = 2^k (1 + f) with sqrt(1/2) < 1 + f < sqrt(2).
  view.setFloat64(0, scaled);
  k += (view.getUint32(0) >>> 20) - 1023;
  view.setUint32(0, (view.getUint32(0) & 0xfffff) | 0x3ff00000);
  let mantissa = view.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
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
  const r = odd + even;
  const halfSquare = 0.5 * f * f;
  return k * LN2_HIGH - (halfSquare - (s * (halfSquare + r) + k * LN2_LOW) - f);
}

/** e^x; within one unit in the last place down to the smallest normal number. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893383973096) return Infinity;
  if (x < -745.13321910194110842) return 0;
  // x = k ln 2 + r with |r| <= ln(2) / 2; the product of k and the upper bits is exact.
  const k = Math.round(x / Math.LN2);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const z = r * r;
  const even =
    1.66666666666666019037e-1 +
    z *
      (-2.77777777770155933842e-3 +
        z * (6.61375632143793436117e-5 + z * (-1.6533902205465251539e-6 + z * 4.13813679705723846039e-8)));
  const c = r - z * even;
  const y = 1 - (low - (r * c) / (2 - c) - high);
  // A power of two may be out of range where its product with y is not.
  const half = k >> 1;
  return y * powerOfTwo(half) * powerOfTwo(k - half);
}

/** For exponents of normal numbers. */
function powerOfTwo(exponent: number): number {
  view.setUint32(0, (exponent + 1023) << 20);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}

/** The sum of whole numbers. */
export function totalOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
