import type { KernelSpec } from './spec.ts';

export interface SoftmaxShape {
  readonly classes: number;
}

/** Units of the fixed-point loss per nat. */
export const LOSS_UNITS = 2 ** 20;

/** Per-image losses are clamped to this, in nats, so that one fits 32 bits of fixed point. */
export const MAX_LOSS = 4095;

/** Words of a candidate's running state: loss sum as low and high word in `LOSS_UNITS`, correct images, images seen, stopped. */
export const STATE_WORDS = 8;

/** Images that one dispatch may evaluate: sums of halves of 16 bits hold no more. */
export const MAX_EVALUATED = 65_536;

/** Words of a candidate's record before the slots of its masks: the largest sum of losses, as low and high word. */
export const RECORD_LIMIT_WORDS = 2;

export interface LossSum {
  /** Sum of the images' losses in `LOSS_UNITS` per nat; an integer below 2^53 for up to two million images. */
  readonly units: number;
  /** Images whose largest logit, the first of equals, is their label's. */
  readonly correct: number;
}

/** The uniform of a dispatch; see shaders/softmax_cross_entropy.wgsl. Sizes in images. */
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
    // No products of weights: exponentials and sums are not counted as multiply-accumulates.
    macs: 0,
    bytes: 4 * (classes * images + 2 * images + STATE_WORDS),
  }),
};
