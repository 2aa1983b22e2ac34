/**
 * Derived bounds of the difference between a float32 kernel and its float64 twin.
 *
 * A sum of K products that starts at the bias makes K roundings with fused multiply-adds; WGSL allows an fma to be a
 * multiplication and an addition, which makes 2K. With u = 2^-24 the error is at most 2K u / (1 - 2K u) times the sum
 * of the absolute values. An activation passes it on by its Lipschitz constant and adds an error of its own: with
 * WGSL's exp (3 + 2|x| ulp) and division (2.5 ulp) that is below 5 ulp of 1 for the sigmoid (largest near |x| = 1.5)
 * and below 6 for tanh (largest near |x| = 0.5). A 2x2 mean adds three roundings.
 */
import type { ImageSet } from '../../../src/data/dataset.ts';
import { imagesInnermost } from '../../../src/engine/images.ts';
import type { Model } from '../../../src/network/model.ts';
import { fuse, type FusedLayer } from '../../../src/network/fuse.ts';
import { runLayer } from '../../../src/engine/reference/forward.ts';
import type { Activation } from '../../../src/kernels/activation.ts';
import type { ConvShape } from '../../../src/kernels/masked-conv2d.ts';
import type { DenseShape } from '../../../src/kernels/masked-dense.ts';
import { maskedConv2d } from '../../../src/kernels/reference/masked-conv2d.ts';
import { maskedDense } from '../../../src/kernels/reference/masked-dense.ts';
import type { LayerOperands } from '../../../src/kernels/reference/weights-tile.ts';
import { ACTIVATION_ERROR, MARGIN } from '../../../src/kernels/reference/tolerance.ts';
import { quadsOf } from '../../../src/kernels/spec.ts';
import type { Masks } from '../../../src/core/mask.ts';

export { ACTIVATION_ERROR, lossBound } from '../../../src/kernels/reference/tolerance.ts';

const UNIT = 2 ** -24;
/** For results below the normal range. */
const TINY = 1e-36;

const LIPSCHITZ: Record<Activation, number> = { none: 1, sigmoid: 0.25, tanh: 1, relu: 1 };
function outputBounds(activation: Activation, terms: number, magnitudes: Float64Array): Float64Array {
  const gamma = (2 * terms * UNIT) / (1 - 2 * terms * UNIT);
  return magnitudes.map((magnitude) => {
    const largest = activation === 'none' || activation === 'relu' ? magnitude : 1;
    const error =
      LIPSCHITZ[activation] * gamma * magnitude + ACTIVATION_ERROR[activation] + 4 * UNIT * largest;
    return MARGIN * error + TINY;
  });
}

const absolute = (values: ArrayLike<number>) => Float64Array.from(values, Math.abs);
const absolutes = ({ weight, bias, mask }: LayerOperands): LayerOperands => ({
  weight: absolute(weight),
  bias: absolute(bias),
  mask,
});

/** Bound of every output of `maskedConv2d` for these inputs, same layout. */
export function convBounds(
  shape: ConvShape,
  quads: number,
  x: Float64Array,
  operands: LayerOperands,
): Float64Array {
  const linear = { ...shape, activation: 'none' } as const;
  const magnitudes = maskedConv2d(linear, quads, absolute(x), absolutes(operands));
  return outputBounds(shape.activation, shape.inChannels * shape.kernel ** 2, magnitudes);
}

/** Bound of every output of `maskedDense` for these inputs, same layout. */
export function denseBounds(
  shape: DenseShape,
  quads: number,
  x: Float64Array,
  operands: LayerOperands,
): Float64Array {
  const linear = { ...shape, activation: 'none' } as const;
  const magnitudes = maskedDense(linear, quads, absolute(x), absolutes(operands));
  return outputBounds(shape.activation, shape.inputs, magnitudes);
}

/**
 * Bound of every class score of a whole network, [class, quad, 4]: a layer passes its input's error on by the absolute
 * kept weights and adds its own.
 */
export function logitBounds(model: Model, images: ImageSet, masks: Masks): Float64Array {
  const quads = quadsOf(images.count);
  let x: Float64Array = new Float64Array(imagesInnermost(model, images));
  let error: Float64Array = new Float64Array(x.length);
  fuse(model.network).forEach((layer, s) => {
    const { weight, bias } = model.parameters[s]!;
    const operands = { weight, bias, mask: masks[s]!.words };
    // The device's inputs are at most this far from zero.
    const reach = x.map((value, i) => Math.abs(value) + error[i]!);
    const own =
      layer.kind === 'conv2d'
        ? convBounds(layer.shape, quads, reach, operands)
        : denseBounds(layer.shape, quads, reach, operands);
    const linear = { ...layer, shape: { ...layer.shape, activation: 'none' } } as FusedLayer;
    const magnitudes = { weight: weight.map(Math.abs), bias: new Float32Array(bias.length) };
    const passedOn = runLayer(linear, quads, error, magnitudes, masks[s]!);
    error = own.map((bound, i) => bound + LIPSCHITZ[layer.shape.activation] * passedOn[i]!);
    x = runLayer(layer, quads, x, model.parameters[s]!, masks[s]!);
  });
  return error;
}
