/** Compares a device's outputs for planted data with the float64 reference. */
import {
  activationError,
  lossBound,
  MARGIN,
  sigmoidLossBound,
  softLossBound,
  squaredErrorBound,
} from '../kernels/reference/tolerance.ts';
import type { LossKernel } from '../kernels/loss.ts';
import { LOSS_UNITS, type LossSum } from '../kernels/loss-sum.ts';
import { QUAD } from '../kernels/spec.ts';
import type { KernelCase } from './cases.ts';
import { PERIOD } from './planted.ts';
import type { Expected, Reference } from './reference.ts';
import { isLoss, sizesOf, type KernelShape, type LayerKernelShape } from './shapes.ts';

/** Outputs of a case. Rows of images have `stride` values; values after the last image are ignored. */
export type CaseOutput =
  /** [candidate, output, image]. */
  | { readonly stride: number; readonly y: Float32Array }
  /** [candidate, image] in `LOSS_UNITS`, and each candidate's sums after one run from zero. */
  | { readonly stride: number; readonly losses: Uint32Array; readonly sums: readonly LossSum[] };

export interface Verdict {
  readonly verified: boolean;
  /** Largest absolute error of an output, or of an image's loss. */
  readonly largestError: number;
}

/** Compares every element of the output. */
export function verify(one: KernelCase, reference: Reference, output: CaseOutput): Verdict {
  let verdict: Verdict = { verified: true, largestError: 0 };
  for (let candidate = 0; candidate < one.candidates; candidate++) {
    const expected = reference.of(candidate);
    const own =
      'y' in output
        ? compareLayer(one, expected, output, candidate)
        : compareLoss(one, expected, output, candidate);
    verdict = {
      verified: verdict.verified && own.verified,
      // NaN must stay NaN.
      largestError: own.largestError <= verdict.largestError ? verdict.largestError : own.largestError,
    };
  }
  return verdict;
}

/**
 * Bound of the error of an output. Sums of planted products are exact, so only the activation and means have errors: those of
 * four in a convolution one rounding each, others one division, which WGSL allows 2.5 ulp.
 */
function layerBound(shape: KernelShape): number {
  if (isLoss(shape)) return 0;
  const activation = 'activation' in shape.shape ? activationError(shape.shape, 0) : 0;
  return MARGIN * (activation + meanRoundings(shape) * 2 ** -24);
}

function meanRoundings(shape: LayerKernelShape): number {
  if (shape.kernel === 'pool2d') return shape.shape.operation === 'average' ? 5 : 0;
  return shape.kernel === 'masked_conv2d' && shape.shape.pool === 'average' ? 4 : 0;
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
      // Not `error > largestError`, which is false for NaN.
      if (!(error <= largestError)) largestError = error;
      if (Number.isNaN(error)) return { verified: false, largestError };
    }
  }
  return { verified: largestError <= bound, largestError };
}

/** Bounds of the error of one image's loss. */
const LOSS_BOUNDS: Readonly<Record<LossKernel, (outputs: number, loss: number) => number>> = {
  softmax_cross_entropy: lossBound,
  soft_cross_entropy: softLossBound,
  sigmoid_cross_entropy: sigmoidLossBound,
  squared_error: squaredErrorBound,
};

function imageBound(shape: KernelShape, loss: number): number {
  return isLoss(shape) ? LOSS_BOUNDS[shape.kernel](shape.shape.outputs, loss) : 0;
}

function compareLoss(
  { shape, images }: KernelCase,
  expected: Expected,
  { stride, losses, sums }: Extract<CaseOutput, { readonly losses: Uint32Array }>,
  candidate: number,
): Verdict {
  let [units, correct, largestError, verified] = [0, 0, 0, true];
  for (let image = 0; image < images; image++) {
    const found = losses[candidate * stride + image]!;
    const wanted = expected.losses[image % PERIOD]!;
    const error = Math.abs(found - wanted) / LOSS_UNITS;
    largestError = Math.max(largestError, error);
    verified &&= error <= imageBound(shape, wanted / LOSS_UNITS);
    units += found;
    correct += expected.correct[image % PERIOD]!;
  }
  // Losses are integers, so the sum must be exact.
  const sum = sums[candidate]!;
  return { verified: verified && sum.units === units && sum.correct === correct, largestError };
}
