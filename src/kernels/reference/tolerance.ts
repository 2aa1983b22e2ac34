/**
 * Bounds, derived and not guessed, of the difference between float32 kernels and their float64 twins. One rounding has
 * a relative error of at most u = 2^-24. WGSL allows exp an error of 3 + 2|x| ulp and a division 2.5 ulp.
 */
import type { Activated, Activation } from '../activation.ts';
import { MAX_CHAIN } from '../second-moments.ts';

export const ULP = 2 ** -23;

/** Covers the rounding errors of computing the bounds themselves. */
export const MARGIN = 1.01;

/** The part of `bound` that grows with the size of the activation's input, and the part that does not. */
interface ActivationError {
  readonly absolute: number;
  readonly relative: number;
}

/**
 * Error that an activation adds to the error of its input, on WGSL's terms. sigmoid: below 5 ulp of 1 (largest near |x| = 1.5). tanh:
 * below 6 ulp of 1 (largest near |x| = 0.5). elu: an exponential of at most 1, 3 ulp, and two roundings, times alpha. hard-sigmoid:
 * a product and a sum of at most 1. leaky-relu: one product. silu: a sigmoid times x. hard-swish: a sum, two products. gelu: an
 * approximation of erf that is off by 1.5e-7, with an exponential and a division, times x. gelu-tanh: a sigmoid of z times x. Its slope s at z
 * turns 2.5 ulp of z, for five roundings in a row, and 3 + 2|z| ulp of exp(-z) into s(3 + 4.5|z|) ulp; 1 + exp(-z), the division and the
 * product add 3.5 ulp of the sigmoid: at most 4.4 ulp together (largest near z = 1.8). softplus: a logarithm of 1 to 2, off by 2^-21, of
 * a sum with an exponential, and a sum.
 */
const ACTIVATION_ERRORS: Readonly<Record<Activation, ActivationError>> = {
  none: { absolute: 0, relative: 0 },
  sigmoid: { absolute: 5 * ULP, relative: 0 },
  tanh: { absolute: 6 * ULP, relative: 0 },
  relu: { absolute: 0, relative: 0 },
  relu6: { absolute: 0, relative: 0 },
  'leaky-relu': { absolute: 0, relative: ULP / 2 },
  elu: { absolute: 5 * ULP, relative: 0 },
  'hard-sigmoid': { absolute: 2 * ULP, relative: 0 },
  silu: { absolute: 0, relative: 6 * ULP },
  'hard-swish': { absolute: 0, relative: 3 * ULP },
  gelu: { absolute: 0, relative: 8 * ULP },
  'gelu-tanh': { absolute: 0, relative: 4.4 * ULP },
  softplus: { absolute: 2 ** -21 + 6 * ULP, relative: ULP },
};

/** Bound of what an activation adds to the error of an input of at most `magnitude`. */
export function activationError({ activation, alpha }: Activated, magnitude: number): number {
  const { absolute, relative } = ACTIVATION_ERRORS[activation];
  return absolute * (activation === 'elu' ? Math.max(1, alpha) : 1) + relative * magnitude;
}

/** The steepest slope of an activation: by how much it enlarges the error of its input. */
export function steepestSlope({ activation, alpha }: Activated): number {
  const slopes: Readonly<Partial<Record<Activation, number>>> = {
    ...{
      sigmoid: 0.25,
      silu: 1.1,
      'hard-swish': 1.5,
      gelu: 1.13,
      'gelu-tanh': 1.13,
      'hard-sigmoid': Math.abs(alpha),
    },
    ...{ 'leaky-relu': Math.max(1, Math.abs(alpha)), elu: Math.max(1, Math.abs(alpha)) },
  };
  return slopes[activation] ?? 1;
}

/** Whether an activation's results are at most 1 in magnitude, however large its input. */
export function isBounded({ activation }: Activated): boolean {
  return ['sigmoid', 'tanh', 'hard-sigmoid'].includes(activation);
}

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

/**
 * Bound of the difference of two results for one image's cross-entropy with soft targets, in nats: of float32 and of float64, for the
 * same logits and probabilities. The logarithm is off as in `lossBound`. Of the mean, a difference, its product and a sum that are not
 * fused round once each, and no partial sum is larger than the whole, as none of its terms is negative; nor is it larger than the loss,
 * and adding it to the logarithm rounds once more: (classes + 3) halves of an ulp of the loss. Both results are rounded to fixed point.
 */
export function softLossBound(classes: number, loss: number): number {
  const logarithm = (4 + classes) * ULP + 2 ** -21 + 3 * ULP * Math.log(classes);
  return MARGIN * (logarithm + (classes / 2 + 1.5) * ULP * loss + 2 ** -20);
}

/**
 * Bound of the difference of two results for one image's sigmoid cross-entropy, in nats: of float32 and of float64, for the same
 * logits. An output's logarithm is off by 2^-21, by the error of its exponential, which is at most 3 ulp of 1 (3 + 2|x| ulp of
 * e^-|x|), and by the rounding of 1 + e^-|x|, half an ulp of 2; their mean is off by no more. Adding an output's two terms and adding
 * that to the sum round once each, as do the scale and the product with it: each at most half an ulp of the loss. Both results are
 * rounded to fixed point.
 */
export function sigmoidLossBound(outputs: number, loss: number): number {
  return MARGIN * (2 ** -21 + 4 * ULP + (outputs / 2 + 2) * ULP * loss + 2 ** -20);
}

/**
 * The same for one image's squared error over the variance, for the same outputs. A difference rounds once and is squared, so that
 * counts twice; a product and a sum that are not fused round once each, and no partial sum is larger than the whole, as none of its
 * terms is negative; the scale and the product with it round once each: (outputs + 5) halves of an ulp of the loss. Both results are
 * rounded to fixed point.
 */
export function squaredErrorBound(outputs: number, loss: number): number {
  return MARGIN * ((outputs / 2 + 3) * ULP * loss + 2 ** -20);
}

/**
 * Bound of the error of one second moment, for exact inputs. At most `MAX_CHAIN` products are added in float32, each with two
 * roundings, and then a vector of four such sums with two; what follows is float64.
 *
 * @param products sum of the absolute values of the products
 */
export function momentError(products: number): number {
  return (MARGIN * (2 * MAX_CHAIN + 2) * (ULP / 2) * products) / (1 - (2 * MAX_CHAIN + 2) * (ULP / 2));
}
