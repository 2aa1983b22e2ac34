import { convSizes, type ConvShape } from '../kernels/masked-conv2d.ts';
import { activate, multiplyByDerivative } from './activation.ts';
import { multiplyAdd, offsets, type View } from './multiply.ts';
import type { LayerWiring, TrainingLayer } from './layer.ts';

/**
 * A convolution with its activation and pooling. Per image it is the product of the weights [out, tap] and the patches
 * [pixel, tap], where a tap is one (in, ky, kx) and a pixel one position of the output before pooling.
 */
export function conv2dLayer(shape: ConvShape, wiring: LayerWiring): TrainingLayer {
  const { inChannels, inHeight, inWidth, outChannels, kernel, padding, pool, activation } = shape;
  const { capacity, input, inputGradient, parameters, gradients } = wiring;
  const { convHeight, convWidth, outHeight, outWidth } = convSizes(shape);
  const paddedHeight = inHeight + 2 * padding;
  const paddedWidth = inWidth + 2 * padding;
  const pixels = convHeight * convWidth;
  const taps = inChannels * kernel * kernel;
  const paddedSize = inChannels * paddedHeight * paddedWidth;
  const activatedSize = outChannels * pixels;
  const outputSize = outChannels * outHeight * outWidth;

  // The border of `padded` is never written and stays zero; without padding `padded` is the input itself. Likewise `output` is
  // `activated` if there is no pooling.
  const padded = padding === 0 ? input : new Float64Array(capacity * paddedSize);
  const activated = new Float64Array(capacity * activatedSize);
  const output = pool === 1 ? activated : new Float64Array(capacity * outputSize);
  const outputGradient = new Float64Array(capacity * outputSize);
  // Of one image: the gradient by the sums before the activation, [out, pixel], where a row or column that pooling
  // drops stays zero, and the gradient by the patches, [tap, pixel].
  const sumGradient = new Float64Array(activatedSize);
  const patchGradient = new Float64Array(inputGradient === undefined ? 0 : taps * pixels);

  const onePixel = offsets(pixels, 1);
  const oneTap = offsets(taps, 1);
  const weightRows = offsets(outChannels, taps);
  const channelRows = offsets(outChannels, pixels);
  const paddedPixels = Int32Array.from(
    onePixel,
    (p) => Math.floor(p / convWidth) * paddedWidth + (p % convWidth),
  );
  const paddedTaps = Int32Array.from(oneTap, (tap) => {
    const channel = Math.floor(tap / (kernel * kernel));
    const ky = Math.floor(tap / kernel) % kernel;
    return (channel * paddedHeight + ky) * paddedWidth + (tap % kernel);
  });

  // Of one image; the product adds the offset of the image.
  const activatedView: View = { data: activated, rows: channelRows, terms: onePixel };
  const weightByChannel: View = { data: parameters.weight, rows: weightRows, terms: oneTap };
  const weightByTap: View = { data: parameters.weight, rows: oneTap, terms: weightRows };
  const weightGradientView: View = { data: gradients.weight, rows: weightRows, terms: oneTap };
  const patchesByPixel: View = { data: padded, rows: paddedPixels, terms: paddedTaps };
  const patchesByTap: View = { data: padded, rows: paddedTaps, terms: paddedPixels };
  const sumGradientByChannel: View = { data: sumGradient, rows: channelRows, terms: onePixel };
  const sumGradientByPixel: View = { data: sumGradient, rows: onePixel, terms: channelRows };
  const patchGradientView: View = { data: patchGradient, rows: offsets(taps, pixels), terms: onePixel };

  function pad(image: number): void {
    for (let channel = 0; channel < inChannels; channel++) {
      for (let y = 0; y < inHeight; y++) {
        const from = ((image * inChannels + channel) * inHeight + y) * inWidth;
        const to = ((image * inChannels + channel) * paddedHeight + y + padding) * paddedWidth + padding;
        for (let x = 0; x < inWidth; x++) padded[to + x] = input[from + x]!;
      }
    }
  }

  function poolImage(image: number): void {
    for (let channel = 0; channel < outChannels; channel++) {
      for (let y = 0; y < outHeight; y++) {
        const to = ((image * outChannels + channel) * outHeight + y) * outWidth;
        const upper = ((image * outChannels + channel) * convHeight + 2 * y) * convWidth;
        const lower = upper + convWidth;
        for (let x = 0; x < outWidth; x++) {
          const x2 = 2 * x;
          output[to + x] =
            (activated[upper + x2]! +
              activated[upper + x2 + 1]! +
              activated[lower + x2]! +
              activated[lower + x2 + 1]!) /
            4;
        }
      }
    }
  }

  /** The gradient by one image's activated values, into `sumGradient`. */
  function unpoolImage(image: number): void {
    const start = image * outputSize;
    if (pool === 1) {
      sumGradient.set(outputGradient.subarray(start, start + outputSize));
      return;
    }
    for (let channel = 0; channel < outChannels; channel++) {
      for (let y = 0; y < outHeight; y++) {
        const from = start + (channel * outHeight + y) * outWidth;
        const upper = (channel * convHeight + 2 * y) * convWidth;
        const lower = upper + convWidth;
        for (let x = 0; x < outWidth; x++) {
          const quarter = outputGradient[from + x]! / 4;
          const x2 = 2 * x;
          sumGradient[upper + x2] = quarter;
          sumGradient[upper + x2 + 1] = quarter;
          sumGradient[lower + x2] = quarter;
          sumGradient[lower + x2 + 1] = quarter;
        }
      }
    }
  }

  /** Adds every patch's gradient to the input pixel that the patch took; what falls on the padding is dropped. */
  function foldPatches(into: Float64Array, image: number): void {
    for (let tap = 0; tap < taps; tap++) {
      const channel = Math.floor(tap / (kernel * kernel));
      const ky = (Math.floor(tap / kernel) % kernel) - padding;
      const kx = (tap % kernel) - padding;
      const left = Math.max(0, -kx);
      const right = Math.min(convWidth, inWidth - kx);
      for (let y = Math.max(0, -ky); y < Math.min(convHeight, inHeight - ky); y++) {
        const from = tap * pixels + y * convWidth;
        const to = ((image * inChannels + channel) * inHeight + y + ky) * inWidth + kx;
        for (let x = left; x < right; x++) into[to + x]! += patchGradient[from + x]!;
      }
    }
  }

  return {
    output,
    outputGradient,

    forward(count) {
      for (let image = 0; image < count; image++) {
        const start = image * activatedSize;
        if (padding > 0) pad(image);
        for (let channel = 0; channel < outChannels; channel++) {
          const from = start + channel * pixels;
          activated.fill(parameters.bias[channel]!, from, from + pixels);
        }
        multiplyAdd(activatedView, start, weightByChannel, 0, patchesByPixel, image * paddedSize);
        activate(activation, activated, start, start + activatedSize);
        if (pool === 2) poolImage(image);
      }
    },

    backward(count) {
      inputGradient?.fill(0, 0, count * inChannels * inHeight * inWidth);
      for (let image = 0; image < count; image++) {
        unpoolImage(image);
        multiplyByDerivative(activation, sumGradient, activated, image * activatedSize, activatedSize);
        for (let channel = 0; channel < outChannels; channel++) {
          let sum = 0;
          for (let p = channel * pixels; p < (channel + 1) * pixels; p++) sum += sumGradient[p]!;
          gradients.bias[channel]! += sum;
        }
        multiplyAdd(weightGradientView, 0, sumGradientByChannel, 0, patchesByTap, image * paddedSize);
        if (inputGradient === undefined) continue;
        patchGradient.fill(0);
        multiplyAdd(patchGradientView, 0, weightByTap, 0, sumGradientByPixel, 0);
        foldPatches(inputGradient, image);
      }
    },
  };
}
