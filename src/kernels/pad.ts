import { elementConstants, elementGrid, elementOverrides } from './elementwise.ts';
import { unmaskedBindings } from './layer.ts';
import type { KernelSpec } from './spec.ts';
import type { Padding } from './window.ts';

/** An image with zeros around it, and channels of zeros before and after its own. */
export interface PadShape {
  readonly channels: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly padding: Padding;
  readonly before: number;
  readonly after: number;
}

export function paddedSizes({ channels, inHeight, inWidth, padding, before, after }: PadShape) {
  return {
    outChannels: before + channels + after,
    outHeight: padding[0] + inHeight + padding[2],
    outWidth: padding[1] + inWidth + padding[3],
  };
}

/** Elements of the output per image. */
function elementsOf(shape: PadShape): number {
  const { outChannels, outHeight, outWidth } = paddedSizes(shape);
  return outChannels * outHeight * outWidth;
}

export const pad: KernelSpec<PadShape> = {
  name: 'pad',
  bindings: unmaskedBindings('x'),
  constants: (_, tiling) => elementConstants(tiling),
  overrides(shape, tiling) {
    const { channels, inHeight, inWidth, padding, before } = shape;
    const { outHeight, outWidth } = paddedSizes(shape);
    return {
      ...elementOverrides(elementsOf(shape), tiling),
      ...{ channels, in_height: inHeight, in_width: inWidth, out_height: outHeight, out_width: outWidth },
      ...{ padding_top: padding[0], padding_left: padding[1], channels_before: before },
    };
  },
  grid: (shape, images, tiling, candidates) => elementGrid(elementsOf(shape), images, tiling, candidates),
  cost: (shape, images) => ({
    macs: 0,
    bytes: 4 * (shape.channels * shape.inHeight * shape.inWidth + elementsOf(shape)) * images,
  }),
};
