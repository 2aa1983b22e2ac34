import type { Activated } from './activation.ts';
import { placesOf, type Window } from './window.ts';

/** A convolution of every channel by itself, with zero padding, then the activation. */
export interface DepthwiseShape extends Window, Activated {
  readonly channels: number;
  readonly inHeight: number;
  readonly inWidth: number;
  /** Output channels of each input channel: output o reads channel floor(o / multiplier). */
  readonly multiplier: number;
}

export function depthwiseSizes(shape: DepthwiseShape) {
  const [outHeight, outWidth] = placesOf(shape.inHeight, shape.inWidth, shape);
  const outChannels = shape.channels * shape.multiplier;
  return { outChannels, outHeight, outWidth, weights: outChannels * shape.kernel[0] * shape.kernel[1] };
}
