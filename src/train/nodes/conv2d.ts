import { multiplyAdd, offsets, type View } from '../multiply.ts';
import { patchesOf, type PatchShape } from './patches.ts';
import { imageOf, type Parameter, type Signal, type TrainingNode } from './training-node.ts';

interface ConvWiring {
  readonly capacity: number;
  readonly input: Signal;
  readonly output: Signal;
  /** [out, in / groups, ky, kx] */
  readonly weight: Parameter;
  /** [out] */
  readonly bias: Parameter | undefined;
}

/**
 * A convolution. Per image and group it is the product of the weights [out, tap] and the patches [pixel, tap] (patches.ts).
 */
export function conv2dNode(
  shape: PatchShape & { readonly outChannels: number },
  wiring: ConvWiring,
): TrainingNode {
  const { capacity, input, output, weight, bias } = wiring;
  const { inChannels, inHeight, inWidth, outChannels, groups } = shape;
  const patches = patchesOf(shape);
  const { pixels, taps, paddedSize } = patches;
  const isPadded = shape.padding.some((side) => side > 0);
  // The border of `padded` is never written and stays zero; without padding `padded` is the input itself.
  const padded = isPadded ? new Float64Array(capacity * paddedSize) : input.values;
  // Of one image and group: the gradient by the patches, [tap, pixel].
  const patchGradient = new Float64Array(input.gradient.length === 0 ? 0 : taps * pixels);
  const outputs = outChannels / groups;
  const groupArea = (inChannels / groups) * inHeight * inWidth;

  const [onePixel, oneTap] = [offsets(pixels, 1), offsets(taps, 1)];
  const [weightRows, channelRows] = [offsets(outputs, taps), offsets(outputs, pixels)];
  const view = (data: Float64Array, rows: Int32Array, terms: Int32Array): View => ({ data, rows, terms });
  const sums = view(output.values, channelRows, onePixel);
  const weightByChannel = view(weight.values, weightRows, oneTap);
  const weightByTap = view(weight.values, oneTap, weightRows);
  const weightGradient = view(weight.gradient, weightRows, oneTap);
  const patchesByPixel = view(padded, patches.pixelOffsets, patches.tapOffsets);
  const patchesByTap = view(padded, patches.tapOffsets, patches.pixelOffsets);
  const sumGradientByChannel = view(output.gradient, channelRows, onePixel);
  const sumGradientByPixel = view(output.gradient, onePixel, channelRows);
  const patchGradientByTap = view(patchGradient, offsets(taps, pixels), onePixel);

  /** Where the weights, the output and the padded input of a group start. */
  const startsOf = (image: number, group: number) => ({
    weights: group * outputs * taps,
    sums: image * output.size + group * outputs * pixels,
    patches: image * paddedSize + (group * paddedSize) / groups,
  });

  return {
    forward(count) {
      for (let image = 0; image < count; image++) {
        if (isPadded)
          patches.pad(imageOf(input.values, input.size, image), imageOf(padded, paddedSize, image));
        for (let channel = 0; channel < outChannels; channel++) {
          const from = image * output.size + channel * pixels;
          output.values.fill(bias?.values[channel] ?? 0, from, from + pixels);
        }
        for (let group = 0; group < groups; group++) {
          const starts = startsOf(image, group);
          const at = { out: starts.sums, left: starts.weights, right: starts.patches };
          multiplyAdd(sums, weightByChannel, patchesByPixel, at);
        }
      }
    },

    backward(count) {
      for (let image = 0; image < count; image++) {
        for (let channel = 0; bias && channel < outChannels; channel++) {
          const from = image * output.size + channel * pixels;
          let sum = 0;
          for (let p = from; p < from + pixels; p++) sum += output.gradient[p]!;
          bias.gradient[channel]! += sum;
        }
        for (let group = 0; group < groups; group++) {
          const starts = startsOf(image, group);
          const at = { out: starts.weights, left: starts.sums, right: starts.patches };
          multiplyAdd(weightGradient, sumGradientByChannel, patchesByTap, at);
          if (input.gradient.length === 0) continue;
          patchGradient.fill(0);
          const back = { left: starts.weights, right: starts.sums };
          multiplyAdd(patchGradientByTap, weightByTap, sumGradientByPixel, back);
          const first = image * input.size + group * groupArea;
          patches.fold(patchGradient, input.gradient.subarray(first, first + groupArea));
        }
      }
    },
  };
}
