import { pooledSize, type PoolShape } from '../../kernels/pool2d.ts';
import type { Signal, TrainingNode } from './training-node.ts';

/** Maxima or means of windows. Of equal values the first is the maximum, and the gradient is its alone. */
export function pool2dNode(shape: PoolShape, input: Signal, output: Signal): TrainingNode {
  const windows = windowsOf(shape);
  const { channels, inHeight, inWidth, operation } = shape;
  const area = inHeight * inWidth;
  /** For each output, the input that it is the maximum of. */
  const chosen = new Int32Array(operation === 'max' ? output.values.length : 0);

  return {
    forward(count) {
      let out = 0;
      for (let channel = 0; channel < count * channels; channel++) {
        for (const { pixels, divisor } of windows) {
          const first = channel * area;
          if (operation === 'max') {
            let best = first + pixels[0]!;
            for (const pixel of pixels)
              if (input.values[first + pixel]! > input.values[best]!) best = first + pixel;
            chosen[out] = best;
            output.values[out] = input.values[best]!;
          } else {
            let sum = 0;
            for (const pixel of pixels) sum += input.values[first + pixel]!;
            output.values[out] = sum / divisor;
          }
          out++;
        }
      }
    },

    backward(count) {
      if (input.gradient.length === 0) return;
      let out = 0;
      for (let channel = 0; channel < count * channels; channel++) {
        for (const { pixels, divisor } of windows) {
          const gradient = output.gradient[out]!;
          if (operation === 'max') input.gradient[chosen[out]!]! += gradient;
          else for (const pixel of pixels) input.gradient[channel * area + pixel]! += gradient / divisor;
          out++;
        }
      }
    },
  };
}

/** For each output of a channel, the pixels under its window, and what their sum is divided by. */
function windowsOf(shape: PoolShape): readonly { readonly pixels: Int32Array; readonly divisor: number }[] {
  const { inHeight, inWidth, kernel, stride, padding, dilation, countPadding } = shape;
  const [outHeight, outWidth] = pooledSize(shape);
  return Array.from({ length: outHeight * outWidth }, (_, place) => {
    const top = Math.floor(place / outWidth) * stride[0] - padding[0];
    const left = (place % outWidth) * stride[1] - padding[1];
    const pixels: number[] = [];
    let padded = 0;
    for (let ky = 0; ky < kernel[0]; ky++) {
      for (let kx = 0; kx < kernel[1]; kx++) {
        const [y, x] = [top + ky * dilation[0], left + kx * dilation[1]];
        if (y >= 0 && x >= 0 && y < inHeight && x < inWidth) pixels.push(y * inWidth + x);
        if (y < inHeight + padding[2] && x < inWidth + padding[3]) padded++;
      }
    }
    return { pixels: Int32Array.from(pixels), divisor: countPadding ? padded : pixels.length };
  });
}
