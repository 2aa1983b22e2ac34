import { LOSS_BINDINGS, lossCost, lossGrid } from './loss-spec.ts';
import type { KernelSpec } from './spec.ts';

export interface SoftmaxShape {
  readonly classes: number;
}

export const softmaxCrossEntropy: KernelSpec<SoftmaxShape> = {
  name: 'softmax_cross_entropy',
  bindings: LOSS_BINDINGS,
  constants: () => ({}),
  overrides: ({ classes }) => ({ classes }),
  grid: lossGrid,
  cost: ({ classes }, images) => lossCost(classes, 1, images),
};
