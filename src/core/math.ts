/**
 * The natural logarithm, with the same result on every JavaScript engine. ECMAScript leaves the last bits of `Math.log` to
 * the implementation. Argument reduction, polynomial and coefficients are those of FreeBSD's fdlibm (e_log.c); the result
 * is within one unit in the last place.
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

/** The sum of whole numbers. */
export function totalOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
