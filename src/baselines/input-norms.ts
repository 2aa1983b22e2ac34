import type { ImageSet } from '../data/dataset.ts';
import { checkImages, imagesInnermost } from '../engine/images.ts';
import { checkModel, type Model } from '../network/model.ts';
import { fuse } from '../network/fuse.ts';
import { chunksOf } from '../engine/plan/chunks.ts';
import { runLayer } from '../engine/reference/forward.ts';
import { checkAborted } from '../engine/check-aborted.ts';
import { convSizes, type ConvShape } from '../kernels/masked-conv2d.ts';
import { QUAD, quadsOf } from '../kernels/spec.ts';
import { fullMask } from '../core/mask.ts';

/** Images per batch, which bounds the memory for activations. */
const CHUNK_IMAGES = 32;

/**
 * The L2 norm, over `images`, of what a weight is multiplied by in the unpruned network, in float64. It is the same for
 * every output: one array per layer with weights, [input] or [in_channel, ky, kx]. A convolution's weight is multiplied
 * by a pixel for every position of the kernel; padding is 0 and adds nothing, and positions that pooling drops count
 * too. Rejects with 'bad-input' if model and images do not fit each other, with 'aborted' once `signal` is.
 */
export async function inputNorms(
  model: Model,
  images: ImageSet,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly Float64Array[]> {
  checkModel(model);
  checkImages(model, images);
  const layers = fuse(model.network);
  const unpruned = layers.map(({ weights }) => fullMask(weights));
  const energies = layers.map(({ inputs }) => new Float64Array(inputs));
  for (const { first, count } of chunksOf(images.count, CHUNK_IMAGES)) {
    // So that timers run and an abort is seen.
    await new Promise((resolve) => setTimeout(resolve));
    checkAborted(signal);
    let x: Float64Array = new Float64Array(imagesInnermost(model, images, first, count));
    layers.forEach((layer, s) => {
      addSquares(energies[s]!, x, count);
      // The class scores are the input of no weight.
      if (s + 1 < layers.length) x = runLayer(layer, quadsOf(count), x, model.parameters[s]!, unpruned[s]!);
    });
  }
  return layers.map((layer, s) => {
    const energy = energies[s]!;
    return (layer.kind === 'conv2d' ? overPositions(layer.shape, energy) : energy).map(Math.sqrt);
  });
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

/** Sums of `energy`, [in_channel, row, column], over the pixels under each place in the kernel: [in_channel, ky, kx]. */
function overPositions(shape: ConvShape, energy: Float64Array): Float64Array {
  const { inChannels, inHeight, inWidth, kernel, padding } = shape;
  const { convHeight, convWidth } = convSizes(shape);
  const sums = new Float64Array(inChannels * kernel * kernel);
  for (let i = 0; i < sums.length; i++) {
    const channel = Math.floor(i / (kernel * kernel));
    const top = (Math.floor(i / kernel) % kernel) - padding;
    const left = (i % kernel) - padding;
    for (let row = Math.max(0, top); row < Math.min(inHeight, top + convHeight); row++) {
      for (let column = Math.max(0, left); column < Math.min(inWidth, left + convWidth); column++) {
        sums[i]! += energy[(channel * inHeight + row) * inWidth + column]!;
      }
    }
  }
  return sums;
}
