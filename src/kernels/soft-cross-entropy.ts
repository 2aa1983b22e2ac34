import { LOSS_BINDINGS, lossCost, lossGrid } from './loss-spec.ts';
import type { SoftmaxShape } from './softmax-cross-entropy.ts';
import type { KernelSpec } from './spec.ts';

/** Softmax cross-entropy with a target probability of each class; the first target of an image is its class. */
export const softCrossEntropy: KernelSpec<SoftmaxShape> = {
  name: 'soft_cross_entropy',
  bindings: LOSS_BINDINGS,
  constants: () => ({}),
  overrides: ({ classes }) => ({ classes }),
  grid: lossGrid,
  cost: ({ classes }, images) => lossCost(classes, classes + 1, images),
};
