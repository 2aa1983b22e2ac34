import { ACTIVATIONS, type Activated } from './activation.ts';
import { QUAD, quadsOf, type KernelSpec } from './spec.ts';
import { LAYER_BINDINGS, tileConstants, tileOverrides } from './weights-tile.ts';

export interface DenseShape extends Activated {
  readonly inputs: number;
  readonly outputs: number;
}

/** Inputs per iteration of the inner loop. */
const UNROLL = 4;

export const maskedDense: KernelSpec<DenseShape> = {
  name: 'masked_dense',
  bindings: LAYER_BINDINGS,
  constants: (_, tiling) => ({ ...tileConstants(tiling), unroll: UNROLL }),
  overrides: ({ inputs, outputs, activation }, tiling) => ({
    ...tileOverrides(outputs, inputs, UNROLL, tiling),
    activation: ACTIVATIONS.indexOf(activation),
  }),
  grid: ({ outputs }, images, { workgroupSize, images: pack, outputs: tile }, candidates) => [
    Math.ceil((quadsOf(images) * QUAD) / pack / workgroupSize),
    Math.ceil(outputs / tile),
    candidates,
  ],
  cost: ({ inputs, outputs }, images) => ({
    macs: inputs * outputs * images,
    bytes: 4 * ((inputs + outputs) * images + inputs * outputs + outputs) + (inputs * outputs) / 8,
  }),
};
