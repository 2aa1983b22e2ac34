import { pooledSize, type PoolShape } from '../pool2d.ts';
import { QUAD } from '../spec.ts';

/** Float64 twin of shaders/pool2d.wgsl: from [channel, row, column, quad, 4] to the same of the pooled size. */
export function pool2d(shape: PoolShape, quads: number, x: Float64Array): Float64Array {
  const { channels, inHeight, inWidth } = shape;
  const [outHeight, outWidth] = pooledSize(shape);
  const stride = quads * QUAD;
  const y = new Float64Array(channels * outHeight * outWidth * stride);
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < outHeight; row++) {
      for (let column = 0; column < outWidth; column++) {
        const { pixels, divisor } = pixelsUnder(shape, row, column);
        const at = ((channel * outHeight + row) * outWidth + column) * stride;
        for (let image = 0; image < stride; image++) {
          const values = pixels.map((pixel) => x[(channel * inHeight * inWidth + pixel) * stride + image]!);
          y[at + image] =
            shape.operation === 'max' ? Math.max(...values) : values.reduce((a, b) => a + b, 0) / divisor;
        }
      }
    }
  }
  return y;
}

/** The pixels of a channel under the window of one output pixel, and what the sum of a mean is divided by. */
function pixelsUnder(shape: PoolShape, row: number, column: number) {
  const { inHeight, inWidth, kernel, stride, padding, dilation, countPadding } = shape;
  const top = row * stride[0] - padding[0];
  const left = column * stride[1] - padding[1];
  const pixels: number[] = [];
  let divisor = 0;
  for (let ky = 0; ky < kernel[0]; ky++) {
    for (let kx = 0; kx < kernel[1]; kx++) {
      const y = top + ky * dilation[0];
      const x = left + kx * dilation[1];
      const isInside = y >= 0 && x >= 0 && y < inHeight && x < inWidth;
      if (isInside) pixels.push(y * inWidth + x);
      const isPadded = y < inHeight + padding[2] && x < inWidth + padding[3];
      if (isInside || (countPadding && isPadded)) divisor++;
    }
  }
  return { pixels, divisor };
}
