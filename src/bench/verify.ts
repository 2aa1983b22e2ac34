/** Compares what a device made of planted data with the float64 reference. */
import { ACTIVATION_ERROR, lossBound, MARGIN } from '../kernels/reference/tolerance.ts';
import { LOSS_UNITS, type LossSum } from '../kernels/softmax-cross-entropy.ts';
import { QUAD } from '../kernels/spec.ts';
import { sizesOf, type KernelCase, type KernelShape } from './cases.ts';
import { PERIOD, type Expected, type Reference } from './planted.ts';

/** Rows of images are `stride` values long; what lies behind the last image is not looked at. */
export type CaseOutput =
  /** [candidate, output, image] */
  | { readonly stride: number; readonly y: Float32Array }
  /** [candidate, image] in fixed point, and what each candidate's state holds after one run from zero. */
  | { readonly stride: number; readonly losses: Uint32Array; readonly sums: readonly LossSum[] };

export interface Verdict {
  readonly verified: boolean;
  /** Absolute: of an output, or of an image's loss in nats. */
  readonly largestError: number;
}

/** Looks at every element of the output. */
export function verify(one: KernelCase, reference: Reference, output: CaseOutput): Verdict {
  let verdict: Verdict = { verified: true, largestError: 0 };
  for (let candidate = 0; candidate < one.candidates; candidate++) {
    const expected = reference.of(candidate);
    const its =
      'y' in output
        ? compareLayer(one, expected, output, candidate)
        : compareLoss(one, expected, output, candidate);
    verdict = {
      verified: verdict.verified && its.verified,
      // NaN stays.
      largestError: its.largestError <= verdict.largestError ? verdict.largestError : its.largestError,
    };
  }
  return verdict;
}

/** Sums of planted products are exact, so that only the activation is off, and the mean of four by its roundings. */
function layerBound(shape: KernelShape): number {
  if (shape.kernel === 'softmax_cross_entropy') return 0;
  const mean = shape.kernel === 'masked_conv2d' && shape.shape.pool === 2 ? 4 * 2 ** -24 : 0;
  return MARGIN * (ACTIVATION_ERROR[shape.shape.activation] + mean);
}

function compareLayer(
  { shape, images }: KernelCase,
  expected: Expected,
  { stride, y }: { readonly stride: number; readonly y: Float32Array },
  candidate: number,
): Verdict {
  const { outputs } = sizesOf(shape);
  const bound = layerBound(shape);
  let largestError = 0;
  for (let output = 0; output < outputs; output++) {
    const at = (candidate * outputs + output) * stride;
    for (let image = 0; image < images; image++) {
      const error = Math.abs(y[at + image]! - expected.y[output * QUAD + (image % PERIOD)]!);
      // Not `error > largestError`, which NaN would pass.
      if (!(error <= largestError)) largestError = error;
      if (Number.isNaN(error)) return { verified: false, largestError };
    }
  }
  return { verified: largestError <= bound, largestError };
}

function compareLoss(
  { shape, images }: KernelCase,
  expected: Expected,
  { stride, losses, sums }: Extract<CaseOutput, { readonly losses: Uint32Array }>,
  candidate: number,
): Verdict {
  const { inputs: classes } = sizesOf(shape);
  let [units, correct, largestError, verified] = [0, 0, 0, true];
  for (let image = 0; image < images; image++) {
    const found = losses[candidate * stride + image]!;
    const wanted = expected.losses[image % PERIOD]!;
    const error = Math.abs(found - wanted) / LOSS_UNITS;
    largestError = Math.max(largestError, error);
    verified &&= error <= lossBound(classes, wanted / LOSS_UNITS);
    units += found;
    correct += expected.correct[image % PERIOD]!;
  }
  // The sum is one of integers: exactly that of the losses.
  const sum = sums[candidate]!;
  return { verified: verified && sum.units === units && sum.correct === correct, largestError };
}
