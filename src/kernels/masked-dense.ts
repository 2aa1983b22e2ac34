import { ACTIVATIONS, type Activation } from './activation.ts';
import { quadsOf, type KernelSpec } from './spec.ts';

export interface DenseShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly activation: Activation;
}

/** Outputs that one invocation computes. */
const OUTPUTS_PER_INVOCATION = 4;

export const maskedDense: KernelSpec<DenseShape> = {
  name: 'masked_dense',
  bindings: [
    { name: 'params', type: 'uniform' },
    { name: 'x', type: 'read-only-storage' },
    { name: 'weight', type: 'read-only-storage' },
    { name: 'bias', type: 'read-only-storage' },
    { name: 'mask', type: 'read-only-storage', perCandidate: true },
    { name: 'y', type: 'storage' },
  ],
  overrides: ({ inputs, outputs, activation }) => ({
    inputs,
    outputs,
    activation: ACTIVATIONS.indexOf(activation),
  }),
  grid: ({ outputs }, images, workgroupSize) => [
    Math.ceil(quadsOf(images) / workgroupSize),
    Math.ceil(outputs / OUTPUTS_PER_INVOCATION),
    1,
  ],
  cost: ({ inputs, outputs }, images) => ({
    macs: inputs * outputs * images,
    bytes: 4 * ((inputs + outputs) * images + inputs * outputs + outputs) + (inputs * outputs) / 8,
  }),
};
