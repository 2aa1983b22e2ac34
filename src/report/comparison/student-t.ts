/** Quantiles of Student's t-distribution, for confidence intervals of means of few values. */

/** Halvings of the search interval: one for each bit of a float64. */
const HALVINGS = 53;

/**
 * The t with P(|T| ≤ t) = `level` for `freedom` degrees of freedom: 4.303 for 2 and 0.95. `freedom` is a whole number of at
 * least 1, `level` is between 0 and 1; throws for others.
 */
export function studentT(freedom: number, level: number): number {
  if (!(Number.isSafeInteger(freedom) && freedom >= 1 && level > 0 && level < 1)) {
    throw new Error(`there is no Student's t with ${freedom} degrees of freedom at ${level}`);
  }
  // Bisection over the angle whose tangent is t / √freedom: P(|T| ≤ t) rises with it from 0 to 1.
  let [low, high] = [0, Math.PI / 2];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (probabilityWithin(middle, freedom) < level) low = middle;
    else high = middle;
  }
  return Math.sqrt(freedom) * Math.tan((low + high) / 2);
}

/**
 * P(|T| ≤ √freedom · tan(angle)) as a finite sum: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 for odd
 * and 26.7.4 for even degrees of freedom.
 */
function probabilityWithin(angle: number, freedom: number): number {
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const odd = freedom % 2 === 1;
  let term = odd ? cos : 1;
  let sum = 0;
  // Each term is the one before times cos² and a factor: 2/3, 4/5, … for odd, 1/2, 3/4, … for even degrees of freedom.
  for (let power = odd ? 1 : 0; power <= freedom - 2; power += 2) {
    sum += term;
    term *= ((power + 1) / (power + 2)) * cos ** 2;
  }
  return odd ? (2 / Math.PI) * (angle + sin * sum) : sin * sum;
}
