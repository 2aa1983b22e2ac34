import { convSizes, type ConvShape } from '../kernels/masked-conv2d.ts';
import { activate, multiplyByDerivative } from './activation.ts';
import { averagePool, averagePoolGradient } from './average-pool.ts';
import { multiplyAdd, offsets, type View } from './multiply.ts';
import type { LayerWiring, TrainingLayer } from './layer.ts';
import { patchesOf, type Patches } from './patches.ts';

/**
 * A convolution with its activation and pooling. Per image it is the product of the weights [out, tap] and the patches
 * [pixel, tap] (patches.ts).
 */
export function conv2dLayer(shape: ConvShape, wiring: LayerWiring): TrainingLayer {
  const {
    inChannels,
    inHeight,
    inWidth,
    outChannels,
    padding: [padding],
    activation,
  } = shape;
  const pool = shape.pool === 'none' ? 1 : 2;
  const { capacity, input, inputGradient, parameters, gradients } = wiring;
  const { convHeight, convWidth, outHeight, outWidth } = convSizes(shape);
  const patches = patchesOf(shape);
  const { pixels, taps, paddedSize } = patches;
  const inputSize = inChannels * inHeight * inWidth;
  const activatedSize = outChannels * pixels;
  const outputSize = outChannels * outHeight * outWidth;
  const poolShape = {
    ...{ channels: outChannels, inHeight: convHeight, inWidth: convWidth },
    ...{ outHeight, outWidth },
  };

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
  const imageOf = (data: Float64Array, size: number, image: number) =>
    data.subarray(image * size, (image + 1) * size);

  const buffers = { activated, padded, sumGradient, patchGradient };
  const products = productsOf(buffers, patches, outChannels, wiring);

  return {
    output,
    outputGradient,

    forward(count) {
      for (let image = 0; image < count; image++) {
        const start = image * activatedSize;
        if (padding > 0) patches.pad(imageOf(input, inputSize, image), imageOf(padded, paddedSize, image));
        for (let channel = 0; channel < outChannels; channel++) {
          const from = start + channel * pixels;
          activated.fill(parameters.bias[channel]!, from, from + pixels);
        }
        products.sums(start, image * paddedSize);
        activate(activation, activated, start, start + activatedSize);
        if (pool === 2) {
          averagePool(
            poolShape,
            imageOf(activated, activatedSize, image),
            imageOf(output, outputSize, image),
          );
        }
      }
    },

    backward(count) {
      inputGradient?.fill(0, 0, count * inputSize);
      for (let image = 0; image < count; image++) {
        const ofOutput = imageOf(outputGradient, outputSize, image);
        if (pool === 1) sumGradient.set(ofOutput);
        else averagePoolGradient(poolShape, ofOutput, sumGradient);
        multiplyByDerivative(activation, sumGradient, activated, image * activatedSize, activatedSize);
        for (let channel = 0; channel < outChannels; channel++) {
          let sum = 0;
          for (let p = channel * pixels; p < (channel + 1) * pixels; p++) sum += sumGradient[p]!;
          gradients.bias[channel]! += sum;
        }
        products.weightGradient(image * paddedSize);
        if (inputGradient === undefined) continue;
        patchGradient.fill(0);
        products.patchGradient();
        patches.fold(patchGradient, imageOf(inputGradient, inputSize, image));
      }
    },
  };
}

interface Buffers {
  /** [image, out, pixel] */
  readonly activated: Float64Array;
  /** [image, channel, row, column] */
  readonly padded: Float64Array;
  /** [out, pixel] */
  readonly sumGradient: Float64Array;
  /** [tap, pixel] */
  readonly patchGradient: Float64Array;
}

/** The three matrix products of a convolution, each for one image. */
function productsOf(
  buffers: Buffers,
  { pixels, taps, pixelOffsets, tapOffsets }: Patches,
  outChannels: number,
  { parameters, gradients }: LayerWiring,
) {
  const [onePixel, oneTap] = [offsets(pixels, 1), offsets(taps, 1)];
  const weightRows = offsets(outChannels, taps);
  const channelRows = offsets(outChannels, pixels);
  const view = (data: Float64Array, rows: Int32Array, terms: Int32Array): View => ({ data, rows, terms });

  const activated = view(buffers.activated, channelRows, onePixel);
  const weightByChannel = view(parameters.weight, weightRows, oneTap);
  const weightByTap = view(parameters.weight, oneTap, weightRows);
  const weightGradient = view(gradients.weight, weightRows, oneTap);
  const patchesByPixel = view(buffers.padded, pixelOffsets, tapOffsets);
  const patchesByTap = view(buffers.padded, tapOffsets, pixelOffsets);
  const sumGradientByChannel = view(buffers.sumGradient, channelRows, onePixel);
  const sumGradientByPixel = view(buffers.sumGradient, onePixel, channelRows);
  const patchGradient = view(buffers.patchGradient, offsets(taps, pixels), onePixel);

  return {
    /** Adds to the sums before the activation, of the image that starts at `out` in `activated` and at `patches` in `padded`. */
    sums(out: number, patches: number): void {
      multiplyAdd(activated, weightByChannel, patchesByPixel, { out, right: patches });
    },
    /** Adds to the gradient of the weights, of the image that starts at `patches` in `padded`. */
    weightGradient(patches: number): void {
      multiplyAdd(weightGradient, sumGradientByChannel, patchesByTap, { right: patches });
    },
    /** Adds to the gradient of the patches. */
    patchGradient(): void {
      multiplyAdd(patchGradient, weightByTap, sumGradientByPixel);
    },
  };
}
