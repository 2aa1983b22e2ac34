import type { Activated } from './activation.ts';
import { activationConstants, layerGrid, rowOverrides } from './layer.ts';
import type { KernelSpec } from './spec.ts';
import { MASKED_BINDINGS, tileBytes, tileConstants, tileOverrides } from './weights-tile.ts';

export interface DenseShape extends Activated {
  readonly inputs: number;
  readonly outputs: number;
}

/** Inputs per iteration of the inner loop. */
const UNROLL = 4;

const weightsOf = ({ inputs, outputs }: DenseShape) => ({ outputs, positions: inputs, group: UNROLL });

export const maskedDense: KernelSpec<DenseShape> = {
  name: 'masked_dense',
  bindings: MASKED_BINDINGS,
  constants: (shape, tiling) => ({
    ...tileConstants(weightsOf(shape), tiling),
    ...activationConstants(shape),
    unroll: UNROLL,
  }),
  overrides: ({ inputs, outputs }, tiling) => ({
    ...tileOverrides(outputs, inputs),
    ...rowOverrides(Math.ceil(outputs / tiling.outputs)),
  }),
  workgroupBytes: (shape, tiling) => tileBytes(weightsOf(shape), tiling),
  grid: ({ outputs }, images, tiling, candidates) =>
    layerGrid(Math.ceil(outputs / tiling.outputs), images, tiling, candidates),
  cost: ({ inputs, outputs }, images) => ({
    macs: inputs * outputs * images,
    bytes: 4 * ((inputs + outputs) * images + inputs * outputs + outputs) + (inputs * outputs) / 8,
  }),
};
