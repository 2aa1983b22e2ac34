/** Operators with weights: convolutions and dense layers. */
import { elementsOf, shapeText } from '../../../../network/shapes.ts';
import { activation, asGraphSees, attribute, constant, flag, imageOf, type Call } from '../call.ts';
import { unsupported } from '../errors.ts';
import { transposed } from '../values/layout.ts';
import { float32Of, type ChannelVector } from '../network-import.ts';
import { imageAxes, sizeOf, type Activation, type Constant } from '../values/value.ts';
import { windowOf } from './window.ts';

export function conv(call: Call): Activation {
  const { onnx, network } = call;
  const image = imageOf(call, activation(call));
  const weight = constant(call, 1, 'weights');
  if (!weight) throw unsupported(onnx, 'has no weights');
  const [outChannels, perGroup, ...kernel] = weight.shape;
  const groups = attribute(call, 'int', 'group') ?? 1;
  const [channels, height, width] = image.x.layout;
  if (outChannels === undefined || kernel.length !== imageAxes(image.x).length - 1)
    throw unsupported(onnx, `has weights of ${shapeText(weight.shape)} for ${shapeText(imageAxes(image.x))}`);
  if (perGroup! * groups !== channels!)
    throw unsupported(onnx, `has ${groups} groups of ${perGroup} channels for ${channels} channels`);
  const window = windowOf(call, kernel, image, [height!, width!]);
  network.countRepeated(onnx, weight);
  const turned = image.isTurned
    ? transposed([outChannels, perGroup!, kernel[0]!, kernel[1] ?? 1], [0, 1, 3, 2]).source
    : undefined;
  const name = network.weight(onnx, weight, turned);
  const bias = biasOf(call, 2, outChannels);
  const step = {
    kind: 'conv2d',
    ...window,
    outChannels,
    groups,
    weight: name,
    ...(bias !== undefined && { bias }),
  } as const;
  return asGraphSees(image, network.add(onnx, step, image.x.node));
}

/** Name of a bias of one number per output; undefined if there is none. */
function biasOf(call: Call, index: number, outputs: number): string | undefined {
  const bias = constant(call, index, 'biases');
  if (!bias) return undefined;
  if (bias.numbers.length !== outputs)
    throw unsupported(call.onnx, `has ${bias.numbers.length} biases for ${outputs} outputs`);
  return call.network.vector(call.onnx, 'bias', float32Of(bias.numbers), bias.origin);
}

export function gemm(call: Call): Activation {
  const { onnx, network } = call;
  if (flag(call, 'transA')) throw unsupported(onnx, 'turns its input over (transA)');
  const weight = constant(call, 1, 'weights');
  if (!weight || weight.shape.length !== 2) throw unsupported(onnx, 'has no weights of two axes');
  const alpha = attribute(call, 'float', 'alpha') ?? 1;
  const beta = attribute(call, 'float', 'beta') ?? 1;
  const isPlain = alpha === 1 && beta === 1;
  const y = dense(call, weight, flag(call, 'transB'), isPlain);
  const outputs = y.layout[0]!;
  if (isPlain) return y;
  // Bias and factors as a layer after it.
  const bias = constant(call, 2, 'biases');
  const shift = gemmBias(call, bias, outputs);
  const scaled = shift?.values.map((value) => value * beta) ?? new Float32Array(outputs);
  const scale: ChannelVector = { values: new Float32Array(outputs).fill(alpha) };
  return network.affine(onnx, y, scale, { values: scaled });
}

/** One number per output: a scalar stands for all. */
function gemmBias(call: Call, bias: Constant | undefined, outputs: number): ChannelVector | undefined {
  if (!bias) return undefined;
  const { numbers, origin } = bias;
  if (numbers.length === outputs && bias.shape.at(-1) === outputs)
    return { values: float32Of(numbers), origin };
  if (numbers.length === 1) return { values: new Float32Array(outputs).fill(numbers[0]!) };
  throw unsupported(call.onnx, `has biases of ${shapeText(bias.shape)} for ${outputs} outputs`);
}

export function matMul(call: Call): Activation {
  const weight = constant(call, 1, 'factors');
  if (!weight || weight.shape.length !== 2)
    throw unsupported(call.onnx, 'multiplies by no constant of two axes');
  return dense(call, weight, false, false);
}

/** @param isTransposed whether the weights are [outputs, features] in the file */
function dense(call: Call, weight: Constant, isTransposed: boolean, hasBias: boolean): Activation {
  const { onnx, network } = call;
  const x = network.flat(onnx, network.computed(activation(call)));
  const axes = imageAxes(x);
  const features = axes.at(-1)!;
  if (sizeOf(axes) !== features)
    throw unsupported(onnx, `multiplies each of ${sizeOf(axes) / features} rows by the weights`);
  const [outputs, inputs] = isTransposed ? weight.shape : [weight.shape[1]!, weight.shape[0]!];
  if (inputs !== features)
    throw unsupported(onnx, `has weights of ${shapeText(weight.shape)} for ${features} features`);
  network.countRepeated(onnx, weight);
  const name = network.weight(onnx, weight, denseSource(x, outputs!, features, isTransposed));
  const shift = hasBias ? gemmBias(call, constant(call, 2, 'biases'), outputs!) : undefined;
  const bias = shift && network.vector(onnx, 'bias', shift.values, shift.origin);
  const step = {
    kind: 'dense',
    outputs: outputs!,
    weight: name,
    ...(bias !== undefined && { bias }),
  } as const;
  const added = network.add(onnx, step, x.node);
  return {
    ...{ kind: 'activation', ...added },
    ...{ shape: [...x.shape.slice(0, -1), outputs!], order: undefined, isInput: false },
  };
}

/** Where each weight [output, feature of the layout] is in the file's matrix; undefined if in the same order. */
function denseSource(
  { order, layout }: Activation,
  outputs: number,
  features: number,
  isTransposed: boolean,
): Uint32Array | undefined {
  if (isTransposed && !order) return undefined;
  const source = new Uint32Array(outputs * elementsOf(layout));
  for (let feature = 0; feature < features; feature++) {
    const column = order ? order[feature]! : feature;
    for (let output = 0; output < outputs; output++)
      source[output * features + column] = isTransposed
        ? output * features + feature
        : feature * outputs + output;
  }
  return source;
}
