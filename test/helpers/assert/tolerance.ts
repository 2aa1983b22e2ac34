/**
 * Derived bounds of the difference between a float32 kernel and its float64 twin.
 *
 * A sum of K products that starts at the bias makes K roundings with fused multiply-adds; WGSL allows an fma to be a
 * multiplication and an addition, which makes 2K. With u = 2^-24 the error is at most 2K u / (1 - 2K u) times the sum
 * of the absolute values. An activation passes it on by its steepest slope and adds an error of its own
 * (src/kernels/reference/tolerance.ts). A mean of n
 * adds n roundings, and five for the division, which WGSL allows 2.5 ulp; a maximum none.
 */
import type { ImageSet } from '../../../src/data/dataset.ts';
import { imagesInnermost } from '../../../src/engine/images.ts';
import { maskOf, runLayer } from '../../../src/engine/reference/forward.ts';
import type { Activated } from '../../../src/kernels/activation.ts';
import type { LayerOperands } from '../../../src/kernels/reference/weights-tile.ts';
import {
  activationError,
  isBounded,
  MARGIN,
  steepestSlope,
} from '../../../src/kernels/reference/tolerance.ts';
import { quadsOf } from '../../../src/kernels/spec.ts';
import type { Mask, Masks } from '../../../src/core/mask.ts';
import type { LayerShape } from '../../../src/network/fused-layer.ts';
import { fuse } from '../../../src/network/fuse.ts';
import { layerParameters } from '../../../src/network/layer-parameters.ts';
import type { Model } from '../../../src/network/model.ts';

export { activationError, lossBound } from '../../../src/kernels/reference/tolerance.ts';

const UNIT = 2 ** -24;
/** For results below the normal range. */
const TINY = 1e-36;

const LINEAR: Activated = { activation: 'none', alpha: 0 };
const absolute = (values: ArrayLike<number>) => Float64Array.from(values, Math.abs);

/** Roundings of one output before its activation, its activation, and roundings after it. */
function roundingsOf(layer: LayerShape): { before: number; activated: Activated; after: number } {
  switch (layer.kind) {
    case 'conv2d': {
      const { inChannels, groups, kernel, pool } = layer.shape;
      const before = 2 * (inChannels / groups) * kernel[0] * kernel[1];
      return { before, activated: layer.shape, after: pool === 'average' ? 4 : 0 };
    }
    case 'depthwise':
      return { before: 2 * layer.shape.kernel[0] * layer.shape.kernel[1], activated: layer.shape, after: 0 };
    case 'dense':
      return { before: 2 * layer.shape.inputs, activated: layer.shape, after: 0 };
    case 'affine':
      return { before: 2, activated: layer.shape, after: 0 };
    case 'add':
      return { before: 1, activated: layer.shape, after: 0 };
    case 'pool2d': {
      const { kernel, operation } = layer.shape;
      return { before: operation === 'average' ? kernel[0] * kernel[1] + 5 : 0, activated: LINEAR, after: 0 };
    }
    case 'concat':
    case 'pad':
      return { before: 0, activated: LINEAR, after: 0 };
  }
}

/** The layer without its activation, and pooling by means: linear in the absolute values of its inputs and parameters. */
function linear(layer: LayerShape): LayerShape {
  const shape = { ...layer.shape, ...('activation' in layer.shape && LINEAR) };
  return { kind: layer.kind, shape } as LayerShape;
}

const NO_OPERANDS = { weight: new Float32Array(0), bias: new Float32Array(0) };

/** Runs the layer without its activation on absolute values. */
function magnitudes(
  layer: LayerShape,
  quads: number,
  inputs: readonly Float64Array[],
  { weight, bias, mask }: LayerOperands,
): Float64Array {
  const operands = { weight: Float32Array.from(absolute(weight)), bias: Float32Array.from(absolute(bias)) };
  const bits: Mask = { length: weight.length, words: mask };
  return runLayer(linear(layer), quads, inputs.map(absolute), operands, bits);
}

/** Bound of every output of a kernel that runs one layer, in the layout of its output. */
export function layerBounds(
  layer: LayerShape,
  quads: number,
  inputs: readonly Float64Array[],
  operands: LayerOperands = { ...NO_OPERANDS, mask: new Uint32Array(0) },
): Float64Array {
  const { before, activated, after } = roundingsOf(layer);
  const gamma = (before * UNIT) / (1 - before * UNIT);
  const slope = steepestSlope(activated);
  return magnitudes(layer, quads, inputs, operands).map((magnitude) => {
    const largest = isBounded(activated) ? 1 : magnitude;
    const error = slope * gamma * magnitude + activationError(activated, magnitude) + after * UNIT * largest;
    return MARGIN * error + TINY;
  });
}

/**
 * Bound of every class score of a whole network, [class, quad, 4]: a layer passes its inputs' errors on by the absolute
 * kept weights and adds its own.
 */
export function logitBounds(model: Model, images: ImageSet, masks: Masks): Float64Array {
  return tensorBounds(model, images, masks).errors.at(-1)!;
}

/** The float64 values of every tensor of a network, by number, [element, quad, 4], and bounds of their errors. */
export function tensorBounds(
  model: Model,
  images: ImageSet,
  masks: Masks,
): { readonly values: readonly Float64Array[]; readonly errors: readonly Float64Array[] } {
  const quads = quadsOf(images.count);
  const parameters = layerParameters(model);
  const values: Float64Array[] = [new Float64Array(imagesInnermost(model, images))];
  const errors: Float64Array[] = [new Float64Array(values[0]!.length)];
  fuse(model.network).forEach((layer, s) => {
    const { weight, bias } = parameters[s]!;
    const mask = maskOf(layer, masks);
    const inputs = layer.reads.map((tensor) => values[tensor]!);
    const wrong = layer.reads.map((tensor) => errors[tensor]!);
    // The device's inputs are at most this far from zero.
    const reach = inputs.map((x, i) => x.map((value, at) => Math.abs(value) + wrong[i]![at]!));
    const own = layerBounds(layer, quads, reach, { weight, bias, mask: mask.words });
    const noBias = { weight, bias: new Float32Array(bias.length), mask: mask.words };
    const passedOn = magnitudes(layer, quads, wrong, noBias);
    const slope = steepestSlope(roundingsOf(layer).activated);
    errors.push(own.map((bound, i) => bound + slope * passedOn[i]!));
    values.push(runLayer(layer, quads, inputs, parameters[s]!, mask));
  });
  return { values, errors };
}
