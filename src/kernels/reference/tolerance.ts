/**
 * Bounds, derived and not guessed, of the difference between float32 kernels and their float64 twins. One rounding has
 * a relative error of at most u = 2^-24. WGSL allows exp an error of 3 + 2|x| ulp and a division 2.5 ulp.
 */
import type { Activation } from '../activation.ts';

export const ULP = 2 ** -23;

/** Covers the rounding errors of computing the bounds themselves. */
export const MARGIN = 1.01;

/**
 * Error that an activation adds to the error of its input: below 5 ulp of 1 for sigmoid (largest near |x| = 1.5) and
 * below 6 ulp of 1 for tanh (largest near |x| = 0.5).
 */
export const ACTIVATION_ERROR: Record<Activation, number> = {
  none: 0,
  sigmoid: 5 * ULP,
  tanh: 6 * ULP,
  relu: 0,
  relu6: 0,
  'leaky-relu': 0,
  elu: 0,
  'hard-sigmoid': 0,
  silu: 0,
  'hard-swish': 0,
  gelu: 0,
  softplus: 0,
};

/**
 * Bound of the error of one image's cross-entropy, in nats, for exact logits. It is the sum of the errors of the
 * exponentials (3 + 2|x| ulp each, so at most 4 ulp of the sum when weighted by e^x), of one rounding per addition, of
 * the logarithm (2^-21 or 3 ulp), of the subtractions, and of the rounding to fixed point.
 */
export function lossBound(classes: number, loss: number): number {
  return (
    MARGIN *
    ((4 + classes) * ULP + 2 ** -21 + 3 * ULP * Math.log(classes) + 3 * ULP * Math.abs(loss) + 2 ** -21)
  );
}
