/** Layers and class scores in float64, on the float64 twins of the kernels (src/kernels/reference/). */
import type { Mask, Masks } from '../../core/mask.ts';
import type { ImageSet } from '../../data/dataset.ts';
import { maskedConv2d } from '../../kernels/reference/masked-conv2d.ts';
import { maskedDense } from '../../kernels/reference/masked-dense.ts';
import { quadsOf } from '../../kernels/spec.ts';
import { fuse, type FusedLayer } from '../../network/fuse.ts';
import type { LayerParameters, Model } from '../../network/model.ts';
import { checkImages, imagesInnermost } from '../images.ts';

/**
 * The class scores of every image, [class, quad, 4] float64; the last quad is padded. Throws 'bad-input' if the images
 * do not fit the model.
 */
export function referenceLogits(model: Model, images: ImageSet, masks: Masks): Float64Array {
  checkImages(model, images);
  return fuse(model.network).reduce<Float64Array>(
    (x, layer, s) => runLayer(layer, quadsOf(images.count), x, model.parameters[s]!, masks[s]!),
    new Float64Array(imagesInnermost(model, images)),
  );
}

/**
 * Runs one fused layer.
 *
 * @param quads number of images / 4, rounded up
 * @param x [in_channel, row, column, quad, 4] or [input, quad, 4] float64
 * @returns [out_channel, row, column, quad, 4] or [output, quad, 4] float64
 */
export function runLayer(
  layer: FusedLayer,
  quads: number,
  x: Float64Array,
  { weight, bias }: LayerParameters,
  { words }: Mask,
): Float64Array {
  const parameters = { weight, bias, mask: words };
  return layer.kind === 'conv2d'
    ? maskedConv2d(layer.shape, quads, x, parameters)
    : maskedDense(layer.shape, quads, x, parameters);
}
