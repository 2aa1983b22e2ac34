import { fullMasks, weightsOf } from '../core/mask.ts';
import type { ImageSet } from '../data/dataset.ts';
import { checkAborted } from '../engine/check-aborted.ts';
import { checkImages, imagesInnermost } from '../engine/images.ts';
import { chunksOf } from '../engine/plan/chunks.ts';
import { maskOf, runLayer, type Activations } from '../engine/reference/forward.ts';
import { QUAD, quadsOf } from '../kernels/spec.ts';
import { placesOf, type Window } from '../kernels/window.ts';
import type { FusedLayer } from '../network/fused-layer.ts';
import { fuse } from '../network/fuse.ts';
import { layerParameters } from '../network/layer-parameters.ts';
import { tensorSizes } from '../network/liveness.ts';
import { checkModel } from '../network/check-model.ts';
import type { Model } from '../network/model.ts';
import { problemOf } from '../network/problem.ts';

/** Images per batch, which bounds the memory for activations. */
const CHUNK_IMAGES = 32;

/**
 * The L2 norm, over `images`, of what a weight is multiplied by in the unpruned network, in float64; for each prunable weight
 * tensor one norm per weight, in row-major order. A convolution's weight is multiplied by a pixel for every position of the kernel; padding is 0 and adds nothing, and
 * positions that pooling drops count too. Of weights that several layers share all uses count. Rejects with 'bad-input' if
 * model and images do not fit each other, with 'aborted' once `signal` is.
 */
export async function inputNorms(
  model: Model,
  images: ImageSet,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly Float64Array[]> {
  checkModel(model);
  checkImages(model, images);
  const layers = fuse(model.network);
  const energies = await inputEnergies(model, layers, images, signal);
  return problemOf(model.network).layers.map(({ shape }, mask) => {
    const uses = layers.filter((layer) => layer.mask === mask);
    const squares = uses.map((layer) => squaresOf(layer, energies.get(layer.reads[0]!)!));
    const norm = (_: unknown, weight: number) => Math.sqrt(squares.reduce((sum, of) => sum + of(weight), 0));
    return Float64Array.from({ length: weightsOf(shape) }, norm);
  });
}

/** The sum of squares of every element of the tensors that prunable weights read, over all images. */
async function inputEnergies(
  model: Model,
  layers: readonly FusedLayer[],
  images: ImageSet,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, Float64Array>> {
  const parameters = layerParameters(model);
  const unpruned = fullMasks(problemOf(model.network).layers);
  const sizes = tensorSizes(model.network, layers);
  const read = new Set(layers.filter(({ mask }) => mask !== undefined).map(({ reads }) => reads[0]!));
  const energies = new Map([...read].map((tensor) => [tensor, new Float64Array(sizes[tensor]!)]));
  const last = layers.findLastIndex(({ mask }) => mask !== undefined);
  for (const { first, count } of chunksOf(images.count, CHUNK_IMAGES)) {
    // So that timers run and an abort is seen.
    await new Promise((resolve) => setTimeout(resolve));
    checkAborted(signal);
    const tensors: Activations = new Map([
      [0, new Float64Array(imagesInnermost(model, images, first, count))],
    ]);
    layers.slice(0, last).forEach((layer, s) => {
      const inputs = layer.reads.map((tensor) => tensors.get(tensor)!);
      tensors.set(s + 1, runLayer(layer, quadsOf(count), inputs, parameters[s]!, maskOf(layer, unpruned)));
    });
    for (const [tensor, energy] of energies) addSquares(energy, tensors.get(tensor)!, count);
  }
  return energies;
}

/** Adds to each element of `energy` the sum of its squares in `x`, [element, quad, 4]; the last quad may be padded. */
function addSquares(energy: Float64Array, x: Float64Array, images: number): void {
  const stride = quadsOf(images) * QUAD;
  for (let element = 0; element < energy.length; element++) {
    let sum = 0;
    for (let i = element * stride; i < element * stride + images; i++) sum += x[i]! ** 2;
    energy[element]! += sum;
  }
}

/** For each weight of a layer, the sum of squares of what it is multiplied by. */
function squaresOf(layer: FusedLayer, energy: Float64Array): (weight: number) => number {
  if (layer.kind === 'conv2d') {
    const { inChannels, outChannels, groups, kernel } = layer.shape;
    const sums = overPositions({ ...layer.shape, channels: inChannels }, energy);
    const taps = (inChannels / groups) * kernel[0] * kernel[1];
    const perGroup = outChannels / groups;
    return (weight) => {
      const output = Math.floor(weight / taps);
      return sums[Math.floor(output / perGroup) * taps + (weight % taps)]!;
    };
  }
  if (layer.kind === 'depthwise') {
    const { kernel, multiplier } = layer.shape;
    const sums = overPositions(layer.shape, energy);
    const taps = kernel[0] * kernel[1];
    return (weight) => sums[Math.floor(weight / taps / multiplier) * taps + (weight % taps)]!;
  }
  return (weight) => energy[weight % energy.length]!;
}

/** Sums of `energy`, [channel, row, column], over the pixels under each place in the kernel: [channel, ky, kx]. */
function overPositions(
  shape: Window & { readonly channels: number; readonly inHeight: number; readonly inWidth: number },
  energy: Float64Array,
): Float64Array {
  const { channels, inHeight, inWidth, kernel, stride, padding, dilation } = shape;
  const [rows, columns] = placesOf(inHeight, inWidth, shape);
  const sums = new Float64Array(channels * kernel[0] * kernel[1]);
  for (let i = 0; i < sums.length; i++) {
    const channel = Math.floor(i / (kernel[0] * kernel[1]));
    const top = (Math.floor(i / kernel[1]) % kernel[0]) * dilation[0] - padding[0];
    const left = (i % kernel[1]) * dilation[1] - padding[1];
    for (let row = 0; row < rows; row++) {
      const y = top + row * stride[0];
      if (y < 0 || y >= inHeight) continue;
      for (let column = 0; column < columns; column++) {
        const x = left + column * stride[1];
        if (x >= 0 && x < inWidth) sums[i]! += energy[(channel * inHeight + y) * inWidth + x]!;
      }
    }
  }
  return sums;
}
