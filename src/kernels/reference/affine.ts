import type { AffineShape } from '../affine.ts';
import { QUAD } from '../spec.ts';
import { activate } from './activation.ts';

/** Float64 twin of shaders/affine.wgsl: x and the result are [channel, pixel, quad, 4], scale and shift [channel]. */
export function affine(
  shape: AffineShape,
  quads: number,
  x: Float64Array,
  { scale, shift }: { readonly scale: ArrayLike<number>; readonly shift: ArrayLike<number> },
): Float64Array {
  const perChannel = shape.area * quads * QUAD;
  return x.map((value, i) => {
    const channel = Math.floor(i / perChannel);
    return activate(shape, scale[channel]! * value + shift[channel]!);
  });
}
