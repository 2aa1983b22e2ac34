/**
 * The error function in float64, within 1e-13 absolute: its Taylor series below 3, one minus a continued fraction of the
 * complement above (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.5 and 7.1.14).
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  const value = size < 3 ? series(size) : size < 6 ? 1 - complement(size) : 1;
  return x < 0 ? -value : value;
}

function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

function complement(x: number): number {
  let fraction = x;
  for (let n = 60; n >= 1; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}
