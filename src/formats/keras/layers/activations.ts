/** Functions of each element, and those that end a network. */
import type { Activation } from '../../../kernels/activation.ts';
import { shown } from '../../safetensors/header.ts';
import { get, isObject, objectOf, type Json } from '../config/json.ts';
import { Layer } from '../config/layer.ts';
import type { Value } from '../value.ts';
import { checkChannelAxis, imageShape, single, type Call, type LayerImport } from './call.ts';

/** Functions by the names of Keras, with their usual parameter. */
const FUNCTIONS: Readonly<Record<string, readonly [activation: Activation, alpha: number]>> = {
  relu: ['relu', 0],
  relu6: ['relu6', 0],
  sigmoid: ['sigmoid', 0],
  tanh: ['tanh', 0],
  elu: ['elu', 1],
  leaky_relu: ['leaky-relu', 0.2],
  softplus: ['softplus', 0],
  silu: ['silu', 0],
  swish: ['silu', 0],
  gelu: ['gelu', 0],
  hard_silu: ['hard-swish', 0],
  hard_swish: ['hard-swish', 0],
};

/** scale * elu(x, alpha) */
const SELU = { alpha: 1.6732632423543772, scale: 1.0507009873554805 };

/** `x` after the function that a layer ends with. */
export function activated(call: Call, x: Value): Value {
  return applied(call, x, call.layer.get('activation') ?? 'linear', '.activation');
}

export const activationLayer: LayerImport = (call) =>
  applied(call, single(call), call.layer.get('activation') ?? 'linear', '');

/** @param suffix of the name of the node */
function applied(call: Call, x: Value, named: Json, suffix: string): Value {
  const { layer } = call;
  const described = isObject(named) ? get(named, 'class_name') : undefined;
  if (typeof described === 'string' && Object.hasOwn(AS_LAYERS, described)) {
    const config = objectOf(objectOf(named)['config']);
    const inner = new Layer(described, layer.name, config, layer.path);
    return AS_LAYERS[described]!({ ...call, layer: inner, inputs: [x] });
  }
  const name = nameOf(named);
  if (name === 'linear' || name === 'identity') return x;
  if (name === 'softmax' || name === 'log_softmax') return softmaxOf(call, x, -1);
  if (name === 'hard_sigmoid')
    // Keras 3 takes relu6(x + 3) / 6.
    return withFunction(call, x, 'hard-sigmoid', call.version >= 3 ? 1 / 6 : 0.2, suffix);
  if (name === 'selu') {
    const { node } = withFunction(call, x, 'elu', SELU.alpha, suffix);
    return scaled(call, { ...x, node }, SELU.scale, 0, `${suffix}.scaled`);
  }
  const found = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!found) throw layer.unsupported(`has the activation ${shown(name)}, which is not supported`);
  return withFunction(call, x, ...found, suffix);
}

/** A name, or in Keras 3 an object that describes a function of that name. */
function nameOf(named: Json): string {
  const name = isObject(named) ? (get(named, 'config') ?? get(named, 'class_name')) : named;
  return typeof name === 'string' ? name : 'of no name';
}

function withFunction(
  { layer, network }: Call,
  x: Value,
  activation: Activation,
  alpha: number,
  suffix = '',
): Value {
  const { node } = network.add(layer, { kind: 'activation', activation, alpha }, [x.node], suffix);
  const ending = activation === 'sigmoid' ? ({ function: 'sigmoid', of: x } as const) : undefined;
  return { node, kind: x.kind, pieces: x.pieces, ending };
}

/** Only at the end, where the loss does it. */
function softmaxOf(call: Call, x: Value, axis: Json): Value {
  checkChannelAxis(call, x, axis);
  const [, height, width] = imageShape(call, x);
  if (x.kind !== 'vector' && height * width !== 1)
    throw call.layer.unsupported('is a softmax of each pixel, only one for each image is supported');
  return { ...x, ending: { function: 'softmax', of: x } };
}

export const softmax: LayerImport = (call) => softmaxOf(call, single(call), call.layer.get('axis') ?? -1);

export const relu: LayerImport = (call) => {
  const { layer } = call;
  const x = single(call);
  const max = layer.get('max_value');
  const slope = layer.number(0, 'negative_slope');
  if (layer.number(0, 'threshold') === 0) {
    if (max === undefined) return slope === 0 ? withFunction(call, x, 'relu', 0) : leaky(call, x, slope);
    if (max === 6 && slope === 0) return withFunction(call, x, 'relu6', 0);
  }
  throw layer.unsupported(`has a threshold or a maximum of ${shown(max)}, only 6 or none is supported`);
};

const leaky = (call: Call, x: Value, slope: number) => withFunction(call, x, 'leaky-relu', slope);

export const leakyRelu: LayerImport = (call) =>
  leaky(call, single(call), call.layer.number(0.3, 'alpha', 'negative_slope'));

export const elu: LayerImport = (call) =>
  withFunction(call, single(call), 'elu', call.layer.number(1, 'alpha'));

/** Layers that may be given as a function. */
const AS_LAYERS: Readonly<Record<string, LayerImport>> = {
  ReLU: relu,
  LeakyReLU: leakyRelu,
  ELU: elu,
  Softmax: softmax,
};

/** scale * x + shift */
export function scaled(call: Call, x: Value, scale: number, shift: number, suffix = ''): Value {
  const { layer, network } = call;
  const names = {
    scale: network.constant(layer, 'scale', x, () => scale),
    shift: network.constant(layer, 'shift', x, () => shift),
  };
  const { node } = network.add(layer, { kind: 'affine', ...names }, [x.node], suffix);
  return { node, kind: x.kind, pieces: x.pieces };
}
