import type { KernelSpec } from './spec.ts';

export interface SoftmaxShape {
  readonly classes: number;
}

/** Units of the fixed-point loss per nat. */
export const LOSS_UNITS = 2 ** 20;

/** Nats that a per-image loss is clamped to, so that it fits into 32 bits of fixed point. */
export const MAX_LOSS = 4095;

/**
 * Words of a candidate's state, five of them in use: sum of losses in `LOSS_UNITS` as low and high word, correct
 * images, images seen, 1 if stopped.
 */
export const STATE_WORDS = 8;

/** Images that one dispatch may evaluate: losses are added in 16-bit halves, whose 32-bit sums hold no more. */
export const MAX_EVALUATED = 65_536;

/**
 * Words of a candidate's record before the slots of its masks: the limit of the sum of losses, as low and high word.
 */
export const RECORD_LIMIT_WORDS = 2;

/** Sums over images. */
export interface LossSum {
  /** Sum of the losses in `LOSS_UNITS`; an integer below 2^53 for up to two million images. */
  readonly units: number;
  /** Images whose largest logit is their label's; of equal logits the first counts. */
  readonly correct: number;
}

/** The uniform of a dispatch; see shaders/softmax_cross_entropy.wgsl. */
export interface SoftmaxParams {
  readonly firstCandidate: number;
  readonly recordWords: number;
  readonly images: number;
  readonly logitsStride: number;
  readonly logitsCandidate: number;
  readonly firstPlace: number;
  readonly lossRows: number;
  readonly lossesCandidate: number;
}

export function softmaxParams(params: SoftmaxParams): Uint32Array {
  const { firstCandidate, recordWords, images, logitsStride, logitsCandidate } = params;
  const { firstPlace, lossRows, lossesCandidate } = params;
  const words = [firstCandidate, recordWords, images, logitsStride, logitsCandidate];
  return Uint32Array.of(...words, firstPlace, lossRows, lossesCandidate);
}

export const softmaxCrossEntropy: KernelSpec<SoftmaxShape> = {
  name: 'softmax_cross_entropy',
  bindings: [
    { name: 'params', type: 'uniform', perDispatch: true },
    { name: 'records', type: 'read-only-storage' },
    { name: 'states', type: 'storage' },
    { name: 'logits', type: 'read-only-storage' },
    { name: 'labels', type: 'read-only-storage' },
    { name: 'losses', type: 'storage' },
  ],
  constants: () => ({}),
  overrides: ({ classes }) => ({ classes }),
  grid: (_shape, _images, _tiling, candidates) => [candidates, 1, 1],
  cost: ({ classes }, images) => ({
    // There are no weights; exponentials and sums are not counted.
    macs: 0,
    bytes: 4 * (classes * images + 2 * images + STATE_WORDS),
  }),
};
