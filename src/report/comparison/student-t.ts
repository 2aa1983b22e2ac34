/** Quantiles of Student's t, by which a mean of few values gets an interval. */

/**
 * The t that a variable with `freedom` degrees of freedom exceeds in size with a probability of 1 - `level`: 4.303 for 2 and
 * 0.95. `freedom` is a whole number of at least 1, `level` between 0 and 1.
 */
export function studentT(freedom: number, level: number): number {
  if (!(Number.isSafeInteger(freedom) && freedom >= 1 && level > 0 && level < 1)) {
    throw new Error(`there is no Student's t with ${freedom} degrees of freedom at ${level}`);
  }
  // By halves over the angle whose tangent is t / √freedom: the share rises with it from 0 to 1.
  let [low, high] = [0, Math.PI / 2];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (shareWithin(middle, freedom) < level) low = middle;
    else high = middle;
  }
  return Math.sqrt(freedom) * Math.tan((low + high) / 2);
}

/** As many as a float64 has bits. */
const HALVINGS = 53;

/**
 * P(|T| ≤ √freedom · tan(angle)) as a finite sum: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 for odd
 * and 26.7.4 for even degrees of freedom.
 */
function shareWithin(angle: number, freedom: number): number {
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const odd = freedom % 2 === 1;
  let term = odd ? cos : 1;
  let sum = 0;
  // Each term has cos² more than the one before, and a factor of 2/3, 4/5, … or 1/2, 3/4, …
  for (let power = odd ? 1 : 0; power <= freedom - 2; power += 2) {
    sum += term;
    term *= ((power + 1) / (power + 2)) * cos ** 2;
  }
  return odd ? (2 / Math.PI) * (angle + sin * sum) : sin * sum;
}
