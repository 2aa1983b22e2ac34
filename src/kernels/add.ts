import type { Activated } from './activation.ts';
import { elementConstants, elementGrid, elementOverrides } from './elementwise.ts';
import { activationConstants, unmaskedBindings } from './layer.ts';
import type { KernelSpec } from './spec.ts';

/** activation(a + b), element by element. */
export interface AddShape extends Activated {
  readonly channels: number;
  /** Pixels per channel. */
  readonly area: number;
}

export const add: KernelSpec<AddShape> = {
  name: 'add',
  bindings: unmaskedBindings('x', 'second'),
  constants: (shape, tiling) => ({ ...elementConstants(tiling), ...activationConstants(shape) }),
  overrides: ({ channels, area }, tiling) => elementOverrides(channels * area, tiling),
  grid: ({ channels, area }, images, tiling, candidates) =>
    elementGrid(channels * area, images, tiling, candidates),
  cost: ({ channels, area }, images) => ({ macs: 0, bytes: 4 * 3 * channels * area * images }),
};
