/** The loss that a network ends with: which kernel computes it, what it takes, and its uniform. The one place that tells losses apart. */
import { MAX_LOSS } from './loss-sum.ts';
import { sigmoidCrossEntropy } from './sigmoid-cross-entropy.ts';
import { softCrossEntropy } from './soft-cross-entropy.ts';
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts';
import { withShape, type KernelSpec } from './spec.ts';
import { squaredError } from './squared-error.ts';

export type LossKernel =
  'softmax_cross_entropy' | 'soft_cross_entropy' | 'sigmoid_cross_entropy' | 'squared_error';

/** A loss over images with targets. */
export interface Loss {
  readonly kernel: LossKernel;
  /** Outputs of the network per image. */
  readonly outputs: number;
  /** Factor from the sum over an image's outputs to its loss; 1 for a loss that is no sum over outputs. */
  readonly scale: number;
}

/** The largest sum over outputs that is scaled: no float32 is far above it. */
const MAX_SUM = 3e38;

/** The kernel, with its shape filled in. */
export function lossSpec({ kernel, outputs }: Pick<Loss, 'kernel' | 'outputs'>): KernelSpec<void> {
  switch (kernel) {
    case 'softmax_cross_entropy':
      return withShape(softmaxCrossEntropy, { classes: outputs });
    case 'soft_cross_entropy':
      return withShape(softCrossEntropy, { classes: outputs });
    case 'sigmoid_cross_entropy':
      return withShape(sigmoidCrossEntropy, { outputs });
    case 'squared_error':
      return withShape(squaredError, { outputs });
  }
}

/** The loss over classes. */
export const classLoss = (classes: number): Loss => ({
  kernel: 'softmax_cross_entropy',
  outputs: classes,
  scale: 1,
});

/** Targets of an image: its class; its class and a probability of each; or one number per output. */
export function targetsPerImage({ kernel, outputs }: Pick<Loss, 'kernel' | 'outputs'>): number {
  switch (kernel) {
    case 'softmax_cross_entropy':
      return 1;
    case 'soft_cross_entropy':
      return 1 + outputs;
    case 'sigmoid_cross_entropy':
    case 'squared_error':
      return outputs;
  }
}

/** Predictions of an image that are correct or not: its class, or one per output; 0 where outputs are numbers. */
export function predictionsPerImage({ kernel, outputs }: Pick<Loss, 'kernel' | 'outputs'>): number {
  switch (kernel) {
    case 'softmax_cross_entropy':
    case 'soft_cross_entropy':
      return 1;
    case 'sigmoid_cross_entropy':
      return outputs;
    case 'squared_error':
      return 0;
  }
}

/** The uniform of a dispatch; see shaders/shared/loss.wgsl. */
export interface LossParams {
  readonly firstCandidate: number;
  readonly recordWords: number;
  readonly images: number;
  readonly scoresStride: number;
  readonly scoresCandidate: number;
  readonly firstPlace: number;
  readonly lossRows: number;
  readonly lossesCandidate: number;
  readonly targetsStride: number;
  /** See `Loss`. */
  readonly scale: number;
}

export function lossParams({ scale, ...params }: LossParams): Uint32Array {
  const { firstCandidate, recordWords, images, scoresStride, scoresCandidate } = params;
  const { firstPlace, lossRows, lossesCandidate, targetsStride } = params;
  const words = [firstCandidate, recordWords, images, scoresStride, scoresCandidate];
  // A sum that gives more than the largest loss is cut off before it is scaled, so that the product is finite.
  const floats = Float32Array.of(scale, Math.min((MAX_LOSS + 1) / scale, MAX_SUM));
  return Uint32Array.of(
    ...[...words, firstPlace, lossRows, lossesCandidate, targetsStride],
    ...[...new Uint32Array(floats.buffer), 0],
  );
}
