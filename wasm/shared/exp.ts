/**
 * Constants of `exp` and of the activations, four lanes each. They are in memory because one instruction loads a
 * vector, while an engine builds a vector constant from three to five instructions in every iteration of a loop.
 */
// prettier-ignore
export const CONSTANTS = memory.data<f32>([
  1.44269504088896341, 1.44269504088896341, 1.44269504088896341, 1.44269504088896341, // 1 / ln 2
  12582912, 12582912, 12582912, 12582912, // 1.5 * 2^23
  0.693359375, 0.693359375, 0.693359375, 0.693359375, // ln 2 in two parts
  -2.12194440e-4, -2.12194440e-4, -2.12194440e-4, -2.12194440e-4,
  1.9875691500e-4, 1.9875691500e-4, 1.9875691500e-4, 1.9875691500e-4, // coefficients of r^7 to r^2
  1.3981999507e-3, 1.3981999507e-3, 1.3981999507e-3, 1.3981999507e-3,
  8.3334519073e-3, 8.3334519073e-3, 8.3334519073e-3, 8.3334519073e-3,
  4.1665795894e-2, 4.1665795894e-2, 4.1665795894e-2, 4.1665795894e-2,
  1.6666665459e-1, 1.6666665459e-1, 1.6666665459e-1, 1.6666665459e-1,
  5.0000001201e-1, 5.0000001201e-1, 5.0000001201e-1, 5.0000001201e-1,
  1, 1, 1, 1,
  80, 80, 80, 80,
  -80, -80, -80, -80,
  0, 0, 0, 0,
  -1.44269504088896341, -1.44269504088896341, -1.44269504088896341, -1.44269504088896341, // -1 / ln 2
]);

// prettier-ignore
const SIGN = memory.data<u32>([0x80000000, 0x80000000, 0x80000000, 0x80000000]);

export function one(): v128 {
  return v128.load(CONSTANTS, 160);
}

export function zero(): v128 {
  return v128.load(CONSTANTS, 208);
}

/** The sign bits. */
export function signs(): v128 {
  return v128.load(SIGN);
}

/**
 * e^x in four lanes, for -87 <= x <= 88. Range reduction and coefficients are those of expf in the Cephes library (S.
 * L. Moshier); the polynomial is evaluated in pairs of terms, which halves its latency. The largest error over all
 * float32 in that range is 1.292 units in the last place, 1.192e-7 relative. The largest error of a sigmoid is
 * 8.931e-8, and of a tanh 8.953e-8 (scripts/exp-error.ts measures them).
 */
export function exp(x: v128): v128 {
  // x = n ln 2 + r with |r| <= ln(2) / 2. Adding 1.5 * 2^23 rounds to a whole number n, which is then in the low bits.
  const shift = v128.load(CONSTANTS, 16);
  const shifted = f32x4.add(f32x4.mul(x, v128.load(CONSTANTS)), shift);
  const n = f32x4.sub(shifted, shift);
  // The first part of ln 2 has so few bits that its product with n is exact.
  let r = f32x4.sub(x, f32x4.mul(n, v128.load(CONSTANTS, 32)));
  r = f32x4.sub(r, f32x4.mul(n, v128.load(CONSTANTS, 48)));
  const square = f32x4.mul(r, r);
  const high = f32x4.add(f32x4.mul(v128.load(CONSTANTS, 64), r), v128.load(CONSTANTS, 80));
  const middle = f32x4.add(f32x4.mul(v128.load(CONSTANTS, 96), r), v128.load(CONSTANTS, 112));
  const low = f32x4.add(f32x4.mul(v128.load(CONSTANTS, 128), r), v128.load(CONSTANTS, 144));
  let p = f32x4.add(f32x4.mul(high, square), middle);
  p = f32x4.add(f32x4.mul(p, square), low);
  p = f32x4.add(f32x4.mul(p, square), f32x4.add(r, one()));
  // Times 2^n: adds n to the exponent, which stays in range.
  return i32x4.add(p, i32x4.shl(shifted, 23));
}
