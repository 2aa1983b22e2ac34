/** Which size of image, padding and pooling give a dense layer the number of features that it reads. */

export interface SpatialConv {
  readonly kernel: readonly [rows: number, columns: number];
  readonly isPooled: boolean;
}

/** What is assumed of the convolutions: a stride of 1, pooling of 2 x 2 where there is any. */
export interface Spatial {
  /** Rows and columns of the input. */
  readonly size: number;
  /** Whether convolutions are padded so that images keep their size. */
  readonly isPadded: boolean;
  /** Whether pooling follows, per convolution. */
  readonly pooled: readonly boolean[];
}

type Kernel = readonly [rows: number, columns: number];

/** The most common first. */
export const SIZES_OF_GREY: readonly number[] = [28, 32, 64, 48, 96, 14, 16, 8];
export const SIZES_OF_COLOUR: readonly number[] = [32, 224, 64, 96, 28, 128, 48, 256, 16, 8];

/** After which of `count` convolutions pooling may follow, the most common first. */
const POOLED: readonly ((index: number, count: number) => boolean)[] = [
  () => true,
  (index) => index % 2 === 1,
  (index, count) => index === count - 1,
  (index, count) => index < count - 1,
  (index) => index > 0,
  (index) => index % 3 === 2,
  () => false,
];

/** The padding that keeps the size of an image, of a kernel of so many rows or columns. */
export const samePadding = (size: number) => Math.floor((size - 1) / 2);

/** The first of the usual settings by which images of `channels` end as `area` pixels; undefined if none does. */
export function solveSpatial(
  kernels: readonly Kernel[],
  channels: number,
  area: number,
): Spatial | undefined {
  const sizes = channels === 1 ? SIZES_OF_GREY : SIZES_OF_COLOUR;
  for (const size of sizes) {
    for (const isPadded of [false, true]) {
      for (const isPooled of POOLED) {
        const pooled = kernels.map((_, i) => isPooled(i, kernels.length));
        const spatial = { size, isPadded, pooled };
        if (areaAfter(spatial, kernels) === area) return spatial;
      }
    }
  }
  return undefined;
}

/** NaN if an image becomes smaller than a kernel. */
function areaAfter({ size, isPadded, pooled }: Spatial, kernels: readonly Kernel[]): number {
  const sides = [0, 1].map((side) =>
    kernels.reduce((length, kernel, i) => {
      const extent = kernel[side]!;
      const padded = length + (isPadded ? 2 * samePadding(extent) : 0);
      const after = padded - extent + 1;
      return after < 1 ? NaN : pooled[i] ? Math.floor(after / 2) : after;
    }, size),
  );
  return sides[0]! * sides[1]!;
}
