/**
 * How far float32 results may be from these twins, derived and not guessed. u = 2^-24 is the largest relative error of one
 * rounding; WGSL gives exp 3 + 2|x| ulp and a division 2.5 ulp.
 */
import type { Activation } from '../activation.ts';

export const ULP = 2 ** -23;

/** Room for the roundings of the bounds themselves. */
export const MARGIN = 1.01;

/**
 * What an activation adds to the error of its input: below 5 ulp of 1 for the sigmoid, largest near |x| = 1.5, and below 6
 * for tanh, largest near |x| = 0.5.
 */
export const ACTIVATION_ERROR: Record<Activation, number> = {
  none: 0,
  sigmoid: 5 * ULP,
  tanh: 6 * ULP,
  relu: 0,
};

/**
 * Bound of one image's cross-entropy in nats, for exact logits: the exponentials' relative errors (below 3 + 2|x| ulp,
 * weighted by e^x at most 4 ulp of the sum each, and a rounding per addition), the logarithm's (2^-21 or 3 ulp), the
 * subtractions', and the rounding to fixed point.
 */
export function lossBound(classes: number, loss: number): number {
  return (
    MARGIN *
    ((4 + classes) * ULP + 2 ** -21 + 3 * ULP * Math.log(classes) + 3 * ULP * Math.abs(loss) + 2 ** -21)
  );
}
