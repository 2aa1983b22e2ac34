/** Non-overlapping 2x2 means of one image's channels, and their gradient. An odd last row or column is dropped. */
export interface PoolShape {
  readonly channels: number;
  /** Before pooling. */
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** Calls `visit` for each mean with the indices of its upper left input, the input below that, and the output, in one image. */
function eachMean(
  { channels, inHeight, inWidth, outHeight, outWidth }: PoolShape,
  visit: (upper: number, lower: number, out: number) => void,
): void {
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < outHeight; y++) {
      const out = (channel * outHeight + y) * outWidth;
      const upper = (channel * inHeight + 2 * y) * inWidth;
      for (let x = 0; x < outWidth; x++) visit(upper + 2 * x, upper + inWidth + 2 * x, out + x);
    }
  }
}

/** Writes the means of `x`, [channel, row, column], to `y`. */
export function averagePool(shape: PoolShape, x: Float64Array, y: Float64Array): void {
  eachMean(shape, (upper, lower, out) => {
    y[out] = (x[upper]! + x[upper + 1]! + x[lower]! + x[lower + 1]!) / 4;
  });
}

/** Writes the gradient of the inputs of `averagePool` from that of its outputs; inputs that pooling drops are left as they are. */
export function averagePoolGradient(shape: PoolShape, outputs: Float64Array, inputs: Float64Array): void {
  eachMean(shape, (upper, lower, out) => {
    const quarter = outputs[out]! / 4;
    inputs[upper] = quarter;
    inputs[upper + 1] = quarter;
    inputs[lower] = quarter;
    inputs[lower + 1] = quarter;
  });
}
