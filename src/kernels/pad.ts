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
