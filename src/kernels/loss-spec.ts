import { STATE_WORDS } from './loss-sum.ts';
import type { KernelName, KernelSpec } from './spec.ts';

/** The part of a loss's specification that all losses share; see shaders/shared/loss.wgsl. */
export const LOSS_BINDINGS = [
  { name: 'params', type: 'uniform', perDispatch: true },
  { name: 'records', type: 'read-only-storage' },
  { name: 'states', type: 'storage' },
  { name: 'scores', type: 'read-only-storage' },
  { name: 'targets', type: 'read-only-storage' },
  { name: 'losses', type: 'storage' },
] as const satisfies KernelSpec<unknown>['bindings'];

/** One workgroup per candidate. */
export const lossGrid: KernelSpec<unknown>['grid'] = (_shape, _images, _tiling, candidates) => [
  candidates,
  1,
  1,
];

/** There are no weights; exponentials and sums are not counted. */
export function lossCost(outputs: number, targets: number, images: number) {
  return { macs: 0, bytes: 4 * ((outputs + targets + 1) * images + STATE_WORDS) };
}

export interface OutputsShape {
  readonly outputs: number;
}

/** A loss that is a sum over the outputs, each with a target. */
export const sumOverOutputs = (name: KernelName): KernelSpec<OutputsShape> => ({
  name,
  bindings: LOSS_BINDINGS,
  constants: () => ({}),
  overrides: ({ outputs }) => ({ outputs }),
  grid: lossGrid,
  cost: ({ outputs }, images) => lossCost(outputs, outputs, images),
});
