/** Convolutions and dense layers. */
import { elementsOf } from '../../../network/shapes.ts';
import type { Size2d, Window } from '../../../kernels/window.ts';
import { featuresBefore, type Value } from '../value.ts';
import type { StoredWeight } from '../weights.ts';
import { activated } from './activations.ts';
import { imageShape, single, singleOf, type Call, type LayerImport } from './call.ts';
import { POINT, windowOf } from './window.ts';

type Axes = 1 | 2;

const kindOf = (axes: Axes) => (axes === 1 ? 'signal' : 'image');

/** The weights of a layer by their roles, and its bias, if it has one. */
function storedWith<Role extends string>(
  { layer, network }: Call,
  roles: readonly Role[],
): Readonly<Record<Role, StoredWeight>> & { readonly bias?: StoredWeight | undefined } {
  const hasBias = layer.flag(true, 'use_bias', 'bias');
  return network.weightsOf(layer, hasBias ? [...roles, 'bias'] : roles);
}

function convWindow(call: Call, axes: Axes, x: Value, dilates = true): Window {
  const { layer } = call;
  const [, height, width] = imageShape(call, x);
  const named = layer.get('kernel_size', 'filter_length');
  // Keras 1 has a number for each axis.
  const kernel: Size2d =
    named === undefined
      ? [layer.number(NaN, 'nb_row'), layer.number(NaN, 'nb_col')]
      : layer.sizes(axes, undefined, 'kernel_size', 'filter_length');
  const stride = layer.sizes(axes, 1, 'strides', 'subsample', 'subsample_length');
  const dilation: Size2d = dilates ? layer.sizes(axes, 1, 'dilation_rate', 'atrous_rate') : [1, 1];
  return windowOf(call, [height, width], { kernel, stride, dilation });
}

/** The order of a kernel [rows, columns, inputs, outputs] in [outputs, inputs, rows, columns]. */
function kernelOrder(inputs: number, outputs: number, [rows, columns]: Size2d): Uint32Array {
  const order = new Uint32Array(outputs * inputs * rows * columns);
  let i = 0;
  for (let output = 0; output < outputs; output++)
    for (let input = 0; input < inputs; input++)
      for (let place = 0; place < rows * columns; place++)
        order[i++] = (place * inputs + input) * outputs + output;
  return order;
}

/** The name of a kernel [rows, columns, inputs, outputs], or of a signal without the rows. */
function kernel(
  { layer, network }: Call,
  axes: Axes,
  stored: StoredWeight,
  size: Size2d,
  [inputs, outputs]: readonly [number, number],
): string {
  network.check(layer, stored, [...(axes === 1 ? [size[1]] : size), inputs, outputs]);
  return network.parameter(layer, stored, () => kernelOrder(inputs, outputs, size));
}

/** The name of [rows, columns, channels, multiplier] as [channels * multiplier, 1, rows, columns]. */
function depthwiseKernel(
  { layer, network }: Call,
  axes: Axes,
  stored: StoredWeight,
  size: Size2d,
  [channels, multiplier]: readonly [number, number],
): string {
  network.check(layer, stored, [...(axes === 1 ? [size[1]] : size), channels, multiplier]);
  return network.parameter(layer, stored, () => kernelOrder(1, channels * multiplier, size));
}

function biasOf({ layer, network }: Call, stored: StoredWeight, outputs: number): string {
  network.check(layer, stored, [outputs]);
  return network.parameter(layer, stored, () => undefined);
}

export const conv =
  (axes: Axes): LayerImport =>
  (call) => {
    const { layer, network } = call;
    const x = singleOf(call, kindOf(axes));
    const window = convWindow(call, axes, x);
    const outChannels = layer.number(NaN, 'filters', 'nb_filter');
    const groups = layer.number(1, 'groups');
    const [channels] = imageShape(call, x);
    if (!(Number.isSafeInteger(groups) && groups >= 1 && channels % groups === 0))
      throw layer.unsupported(`has ${groups} groups for ${channels} channels, which it must divide`);
    const stored = storedWith(call, ['kernel']);
    const step = {
      kind: 'conv2d',
      ...window,
      outChannels,
      groups,
      weight: kernel(call, axes, stored.kernel, window.kernel, [channels / groups, outChannels]),
      bias: stored.bias && biasOf(call, stored.bias, outChannels),
    } as const;
    return activated(call, { node: network.add(layer, step, [x.node]).node, kind: x.kind });
  };

export const depthwise =
  (axes: Axes): LayerImport =>
  (call) => {
    const { layer, network } = call;
    const x = singleOf(call, kindOf(axes));
    const window = convWindow(call, axes, x);
    const multiplier = layer.number(1, 'depth_multiplier');
    const [channels] = imageShape(call, x);
    // "kernel" in Keras 3: by its place where the name is another.
    const role = 'depthwise_kernel';
    const stored = storedWith(call, [role]);
    const outChannels = channels * multiplier;
    const step = {
      kind: 'conv2d',
      ...window,
      outChannels,
      groups: channels,
      weight: depthwiseKernel(call, axes, stored[role], window.kernel, [channels, multiplier]),
      bias: stored.bias && biasOf(call, stored.bias, outChannels),
    } as const;
    return activated(call, { node: network.add(layer, step, [x.node]).node, kind: x.kind });
  };

/** A depthwise convolution, and a pointwise one with the bias. */
export const separable =
  (axes: Axes): LayerImport =>
  (call) => {
    const { layer, network } = call;
    const x = singleOf(call, kindOf(axes));
    const window = convWindow(call, axes, x);
    const multiplier = layer.number(1, 'depth_multiplier');
    const outChannels = layer.number(NaN, 'filters', 'nb_filter');
    const [channels] = imageShape(call, x);
    const stored = storedWith(call, ['depthwise_kernel', 'pointwise_kernel']);
    const between = channels * multiplier;
    const first = {
      kind: 'conv2d',
      ...window,
      outChannels: between,
      groups: channels,
      weight: depthwiseKernel(call, axes, stored.depthwise_kernel, window.kernel, [channels, multiplier]),
    } as const;
    const second = {
      kind: 'conv2d',
      ...POINT,
      groups: 1,
      outChannels,
      weight: kernel(call, axes, stored.pointwise_kernel, POINT.kernel, [between, outChannels]),
      bias: stored.bias && biasOf(call, stored.bias, outChannels),
    } as const;
    const inner = network.add(layer, first, [x.node], '.depthwise');
    return activated(call, { node: network.add(layer, second, [inner.node]).node, kind: x.kind });
  };

/** Of the features of a vector, or of the channels of each pixel, as a convolution of 1 x 1 is. */
export const dense: LayerImport = (call) => {
  const { layer, network } = call;
  const x = single(call);
  const outputs = layer.number(NaN, 'units', 'output_dim');
  const stored = storedWith(call, ['kernel']);
  if (x.kind === 'plane' || (x.kind === 'image' && call.channelsFirst))
    throw layer.unsupported(
      'works along the columns of an image, only along features or channels is supported',
    );
  const shape = network.shapeOf(x.node);
  const features = x.kind === 'vector' ? elementsOf(shape) : shape[0]!;
  network.check(layer, stored.kernel, [features, outputs]);
  const weight = network.parameter(layer, stored.kernel, () => {
    const before = featuresBefore(x, features);
    const order = new Uint32Array(features * outputs);
    for (let output = 0; output < outputs; output++)
      for (let i = 0; i < features; i++)
        order[output * features + i] = (before ? before[i]! : i) * outputs + output;
    return order;
  });
  const bias = stored.bias && biasOf(call, stored.bias, outputs);
  if (x.kind === 'vector') {
    const { node } = network.add(layer, { kind: 'dense', outputs, weight, bias }, [x.node]);
    return activated(call, { node, kind: 'vector' });
  }
  const step = {
    kind: 'conv2d',
    ...POINT,
    groups: 1,
    ...{ outChannels: outputs, weight, bias },
  } as const;
  return activated(call, { node: network.add(layer, step, [x.node]).node, kind: x.kind });
};
