import { elementConstants, elementGrid, elementOverrides } from './elementwise.ts';
import { unmaskedBindings } from './layer.ts';
import type { KernelSpec } from './spec.ts';

/** The channels of one image, then those of another. */
export interface ConcatShape {
  /** Channels, or features, of the two inputs. */
  readonly channels: readonly [first: number, second: number];
  /** Pixels per channel. */
  readonly area: number;
}

/** Elements of the output per image. */
const elementsOf = ({ channels, area }: ConcatShape) => (channels[0] + channels[1]) * area;

export const concat: KernelSpec<ConcatShape> = {
  name: 'concat',
  bindings: unmaskedBindings('x', 'second'),
  constants: (_, tiling) => elementConstants(tiling),
  overrides: (shape, tiling) => ({
    ...elementOverrides(elementsOf(shape), tiling),
    x_elements: shape.channels[0] * shape.area,
  }),
  grid: (shape, images, tiling, candidates) => elementGrid(elementsOf(shape), images, tiling, candidates),
  cost: (shape, images) => ({ macs: 0, bytes: 4 * 2 * elementsOf(shape) * images }),
};
