import type { KernelSpec } from './spec.ts';

export interface SoftmaxShape {
  readonly classes: number;
}

/** Units of the fixed-point loss per nat. */
export const LOSS_UNITS = 2 ** 20;

/** Per-image losses are clamped to this, in nats, so that one fits 32 bits of fixed point. */
export const LARGEST_LOSS = 4095;

/** The running result in storage: loss sum as low and high word in `LOSS_UNITS`, and the count of correct images. */
export const RESULT_WORDS = 3;

export interface LossSum {
  /** Sum of the images' losses in `LOSS_UNITS` per nat; an integer below 2^53 for up to two million images. */
  readonly units: number;
  /** Images whose largest logit, the first of equals, is their label's. */
  readonly correct: number;
}

export const softmaxCrossEntropy: KernelSpec<SoftmaxShape> = {
  name: 'softmax_cross_entropy',
  bindings: [
    { name: 'params', type: 'uniform' },
    { name: 'logits', type: 'read-only-storage' },
    { name: 'labels', type: 'read-only-storage' },
    { name: 'result', type: 'storage', perCandidate: true },
  ],
  overrides: ({ classes }) => ({ classes }),
  grid: (_, images, workgroupSize) => [Math.ceil(images / workgroupSize), 1, 1],
  cost: ({ classes }, images) => ({
    // No products of weights: exponentials and sums are not counted as multiply-accumulates.
    macs: 0,
    bytes: 4 * (classes * images + images + RESULT_WORDS),
  }),
};
