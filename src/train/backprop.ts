/** A network with its gradients, in float64: as fast as float32 in JavaScript, and gradients can be checked. */
import { channelsOf, elementsOf, inferShapes, type Shapes } from '../network/shapes.ts';
import { INPUT, type Network, type Node, type Shape } from '../network/network.ts';
import { parameterShapes } from '../network/parameter-shapes.ts';
import { classLoss, type Loss } from '../kernels/loss.ts';
import { lossFunction, type BatchLoss } from './loss.ts';
import { batchNormNode } from './nodes/batch-norm.ts';
import { conv2dNode } from './nodes/conv2d.ts';
import { denseNode } from './nodes/dense.ts';
import {
  activationNode,
  addNode,
  affineNode,
  concatNode,
  flattenNode,
  padNode,
} from './nodes/elementwise.ts';
import { pool2dNode } from './nodes/pool2d.ts';
import type { Mode, Parameter, Signal, TrainingNode } from './nodes/training-node.ts';

export interface Backprop {
  /** All parameters that gradients change, in one vector in the order of `parameterShapes`. Starts at zero. */
  readonly parameters: Float64Array;
  /** The vector of the same order that `differentiate` writes. */
  readonly gradients: Float64Array;
  /** Every parameter by name, sharing the memory of `parameters`; running statistics have memory of their own and start at 0 and 1. */
  readonly tensors: ReadonlyMap<string, Float64Array>;
  /** [image, channel, row, column], normalised; written by the caller, as many images as the next call has targets for. */
  readonly input: Float64Array;
  /** [image, output]: the scores of the last call. */
  readonly scores: Float64Array;
  /**
   * Loss of the first images of `input`, as many as there are targets for, at most `capacity`; `mode` says which statistics
   * normalisations use.
   *
   * @param targets [image, target]: classes, or one number per output
   */
  evaluate(targets: ArrayLike<number>, mode?: Exclude<Mode, 'train'>): BatchLoss;
  /** The loss with the statistics of the batch, and the gradient of the mean loss of these images into `gradients`. */
  differentiate(targets: ArrayLike<number>): BatchLoss;
}

/**
 * Buffers and loops for batches of at most `capacity` images; `loss` is over classes unless given. Throws 'bad-input' for a network that does not fit together.
 */
export function backpropOf(network: Network, capacity: number, loss?: Loss): Backprop {
  const shapes = inferShapes(network);
  const { parameters, gradients, tensors, named } = allocateParameters(network);
  const signals = new Map<string, Signal>();
  for (const [name, shape] of shapes) signals.set(name, signalOf(shape, capacity, name !== INPUT));
  const nodes = network.nodes.map((node) =>
    trainingNode(node, { capacity, shapes, signals, named, tensors }),
  );
  const input = signals.get(INPUT)!;
  const output = signals.get(network.output)!;
  const { targetsPerImage, lossOf } = lossFunction(loss ?? classLoss(output.size));

  function forward(count: number, mode: Mode): void {
    for (const node of nodes) node.forward(count, mode);
  }

  return {
    parameters,
    gradients,
    tensors,
    input: input.values,
    scores: output.values,

    evaluate(targets, mode = 'evaluate') {
      forward(targets.length / targetsPerImage, mode);
      return lossOf(output.values, targets);
    },

    differentiate(targets) {
      const count = targets.length / targetsPerImage;
      forward(count, 'train');
      for (const { gradient, size } of signals.values()) gradient.fill(0, 0, count * size);
      gradients.fill(0);
      const batch = lossOf(output.values, targets, output.gradient);
      for (const node of nodes.toReversed()) node.backward(count);
      return batch;
    },
  };
}

function signalOf(shape: Shape, capacity: number, hasGradient: boolean): Signal {
  const size = elementsOf(shape);
  return {
    size,
    values: new Float64Array(capacity * size),
    gradient: new Float64Array(hasGradient ? capacity * size : 0),
  };
}

/** Names of the running statistics, which gradients do not change. */
function statisticsOf({ nodes }: Network): ReadonlyMap<string, number> {
  return new Map(
    nodes.flatMap((node) =>
      node.kind === 'batchNorm' ? [[node.mean, 0] as const, [node.variance, 1] as const] : [],
    ),
  );
}

function allocateParameters(network: Network) {
  const statistics = statisticsOf(network);
  const all = parameterShapes(network);
  const trained = [...all].filter(([name]) => !statistics.has(name));
  const total = trained.reduce((sum, [, shape]) => sum + elementsOf(shape), 0);
  const [parameters, gradients] = [new Float64Array(total), new Float64Array(total)];
  const tensors = new Map<string, Float64Array>();
  const named = new Map<string, Parameter>();
  let first = 0;
  for (const [name, shape] of trained) {
    const end = first + elementsOf(shape);
    const parameter = { values: parameters.subarray(first, end), gradient: gradients.subarray(first, end) };
    named.set(name, parameter);
    tensors.set(name, parameter.values);
    first = end;
  }
  for (const [name, start] of statistics)
    tensors.set(name, new Float64Array(elementsOf(all.get(name)!)).fill(start));
  return { parameters, gradients, tensors, named };
}

interface Wiring {
  readonly capacity: number;
  readonly shapes: Shapes;
  readonly signals: ReadonlyMap<string, Signal>;
  readonly named: ReadonlyMap<string, Parameter>;
  readonly tensors: ReadonlyMap<string, Float64Array>;
}

function trainingNode(node: Node, { capacity, shapes, signals, named, tensors }: Wiring): TrainingNode {
  const inputs = node.inputs.map((name) => signals.get(name)!);
  const [input, output] = [inputs[0]!, signals.get(node.name)!];
  const shape = shapes.get(node.inputs[0]!)!;
  const [inChannels, inHeight = 1, inWidth = 1] = shape as [number, number?, number?];
  const find = (name: string | undefined) => (name === undefined ? undefined : named.get(name)!);
  switch (node.kind) {
    case 'conv2d': {
      const wiring = { capacity, input, output, weight: find(node.weight)!, bias: find(node.bias) };
      return conv2dNode({ ...node, inChannels, inHeight, inWidth }, wiring);
    }
    case 'dense':
      return denseNode({ capacity, input, output, weight: find(node.weight)!, bias: find(node.bias) });
    case 'pool2d':
      return pool2dNode({ ...node, channels: inChannels, inHeight, inWidth }, input, output);
    case 'globalPool':
      return pool2dNode(
        { ...wholeImage(inHeight, inWidth), ...node, channels: inChannels, inHeight, inWidth },
        input,
        output,
      );
    case 'activation':
      return activationNode(node, input, output);
    case 'batchNorm': {
      const [scale, shift] = [find(node.scale), find(node.shift)];
      const [mean, variance] = [tensors.get(node.mean)!, tensors.get(node.variance)!];
      return batchNormNode({ input, output, scale, shift, mean, variance, epsilon: node.epsilon });
    }
    case 'affine':
      return affineNode({ scale: find(node.scale)!, shift: find(node.shift)! }, input, output);
    case 'add':
      return addNode(inputs, output);
    case 'concat':
      return concatNode(inputs, output);
    case 'pad': {
      const [before, after] = node.channels;
      const { channels } = channelsOf(shape);
      return padNode({ channels, inHeight, inWidth, padding: node.padding, before, after }, input, output);
    }
    case 'flatten':
      return flattenNode(input, output);
  }
}

const wholeImage = (height: number, width: number) => ({
  kernel: [height, width] as const,
  stride: [1, 1] as const,
  padding: [0, 0, 0, 0] as const,
  dilation: [1, 1] as const,
  countPadding: false,
  ceil: false,
});
