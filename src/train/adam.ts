/** Decay of the running mean of the gradients. */
const BETA1 = 0.9;
/** Decay of the running mean of their squares. */
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** One step: changes `parameters` in place, by about `rate` each. */
export type AdamStep = (parameters: Float64Array, gradients: Float64Array, rate: number) => void;

/**
 * Adam (Kingma and Ba, 2015, algorithm 1) for vectors of `size` elements, with the paper's decays and nothing added:
 * weight decay, noise or dropout would influence which weights can be pruned, which the search is to find out.
 */
export function adam(size: number): AdamStep {
  const mean = new Float64Array(size);
  const square = new Float64Array(size);
  // BETA1 and BETA2 to the power of the number of steps, as products: ECMAScript leaves Math.pow to the engine.
  let power1 = 1;
  let power2 = 1;
  return (parameters, gradients, rate) => {
    power1 *= BETA1;
    power2 *= BETA2;
    for (let i = 0; i < size; i++) {
      const g = gradients[i]!;
      const m = BETA1 * mean[i]! + (1 - BETA1) * g;
      const v = BETA2 * square[i]! + (1 - BETA2) * g * g;
      mean[i] = m;
      square[i] = v;
      parameters[i]! -= (rate * (m / (1 - power1))) / (Math.sqrt(v / (1 - power2)) + EPSILON);
    }
  };
}

/** Half a cosine from `peak` at step 0 down to 0 at step `steps`. */
export function cosineRate(peak: number, step: number, steps: number): number {
  return (peak / 2) * (1 + Math.cos((Math.PI * step) / steps));
}
