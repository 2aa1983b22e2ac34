import type { Activated } from './activation.ts';
import { elementConstants, elementGrid, elementOverrides } from './elementwise.ts';
import { activationConstants, unmaskedBindings } from './layer.ts';
import type { KernelSpec } from './spec.ts';

/** activation(scale[channel] * x + shift[channel]) for every pixel: batch normalisation, or an activation on its own. */
export interface AffineShape extends Activated {
  readonly channels: number;
  /** Pixels per channel. */
  readonly area: number;
}

export const affine: KernelSpec<AffineShape> = {
  name: 'affine',
  bindings: unmaskedBindings('x', 'scale', 'shift'),
  constants: (shape, tiling) => ({ ...elementConstants(tiling), ...activationConstants(shape) }),
  overrides: ({ channels, area }, tiling) => ({ ...elementOverrides(channels * area, tiling), area }),
  grid: ({ channels, area }, images, tiling, candidates) =>
    elementGrid(channels * area, images, tiling, candidates),
  cost: ({ channels, area }, images) => ({
    macs: channels * area * images,
    bytes: 4 * (2 * channels * area * images + 2 * channels),
  }),
};
