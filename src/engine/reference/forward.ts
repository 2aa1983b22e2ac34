/** Layers and scores in float64, on the float64 twins of the kernels (src/kernels/reference/). */
import { fullMask, type Mask, type Masks } from '../../core/mask.ts';
import type { ImageSet } from '../../data/dataset.ts';
import { add } from '../../kernels/reference/add.ts';
import { affine } from '../../kernels/reference/affine.ts';
import { concat } from '../../kernels/reference/concat.ts';
import { maskedConv2d } from '../../kernels/reference/masked-conv2d.ts';
import { maskedDense } from '../../kernels/reference/masked-dense.ts';
import { maskedDepthwiseConv2d } from '../../kernels/reference/masked-depthwise-conv2d.ts';
import { pad } from '../../kernels/reference/pad.ts';
import { pool2d } from '../../kernels/reference/pool2d.ts';
import { quadsOf } from '../../kernels/spec.ts';
import type { FusedLayer, LayerShape, TensorIndex } from '../../network/fused-layer.ts';
import { fuse } from '../../network/fuse.ts';
import { layerParameters, type LayerParameters } from '../../network/layer-parameters.ts';
import { lastReaders } from '../../network/liveness.ts';
import type { Model } from '../../network/model.ts';
import { checkImages, imagesInnermost } from '../images.ts';

/** Tensors by number: [element, quad, 4] float64. */
export type Activations = Map<TensorIndex, Float64Array>;

/**
 * The scores of every image, [score, quad, 4] float64; the last quad is padded. Throws 'bad-input' if the images do not fit
 * the model.
 */
export function referenceLogits(model: Model, images: ImageSet, masks: Masks): Float64Array {
  checkImages(model, images);
  const layers = fuse(model.network);
  const parameters = layerParameters(model);
  const readers = lastReaders(layers);
  const tensors: Activations = new Map([[0, new Float64Array(imagesInnermost(model, images))]]);
  layers.forEach((layer, s) => {
    const inputs = layer.reads.map((tensor) => tensors.get(tensor)!);
    tensors.set(s + 1, runLayer(layer, quadsOf(images.count), inputs, parameters[s]!, maskOf(layer, masks)));
    for (const tensor of layer.reads) if (readers[tensor] === s) tensors.delete(tensor);
  });
  return tensors.get(layers.length)!;
}

/** The mask of a layer, or of a layer that has nothing to prune an empty one. */
export function maskOf({ mask }: FusedLayer, masks: Masks): Mask {
  return mask === undefined ? NO_MASK : masks[mask]!;
}

const NO_MASK = fullMask(0);

/**
 * Runs one fused layer.
 *
 * @param quads number of images / 4, rounded up
 * @param inputs of each tensor that it reads: [element, quad, 4] float64
 * @returns [element, quad, 4] float64
 */
export function runLayer(
  layer: LayerShape,
  quads: number,
  inputs: readonly Float64Array[],
  { weight, bias }: LayerParameters,
  { words }: Mask,
): Float64Array {
  const x = inputs[0]!;
  const operands = { weight, bias, mask: words };
  switch (layer.kind) {
    case 'conv2d':
      return maskedConv2d(layer.shape, quads, x, operands);
    case 'depthwise':
      return maskedDepthwiseConv2d(layer.shape, quads, x, operands);
    case 'dense':
      return maskedDense(layer.shape, quads, x, operands);
    case 'pool2d':
      return pool2d(layer.shape, quads, x);
    case 'affine':
      return affine(layer.shape, quads, x, { scale: weight, shift: bias });
    case 'add':
      return add(layer.shape, x, inputs[1]!);
    case 'concat':
      return concat(x, inputs[1]!);
    case 'pad':
      return pad(layer.shape, quads, x);
  }
}
