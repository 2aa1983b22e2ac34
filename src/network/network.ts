/**
 * A feed-forward image classifier as data: the layers that the kernels can run, and the stages they are fused into.
 * Nothing here knows a device.
 */
import type { Activation } from '../kernels/activation.ts';
import { maskedConv2d, type ConvShape } from '../kernels/masked-conv2d.ts';
import { maskedDense, type DenseShape } from '../kernels/masked-dense.ts';
import { MasksearchError } from '../core/error.ts';
import type { PrunableLayer, Problem } from '../search/contract.ts';

export type Layer =
  | {
      readonly kind: 'conv2d';
      readonly name: string;
      readonly outChannels: number;
      /** Side of the square kernel; stride is 1. */
      readonly kernel: number;
      /** Zeros added on every side. */
      readonly padding: number;
      readonly activation: Activation;
    }
  /** Non-overlapping 2x2 means; an odd last row or column is dropped. */
  | { readonly kind: 'avgpool2d' }
  /** To a vector in order channel, row, column. */
  | { readonly kind: 'flatten' }
  | {
      readonly kind: 'dense';
      readonly name: string;
      readonly outputs: number;
      readonly activation: Activation;
    };

export interface Network {
  readonly input: { readonly channels: number; readonly height: number; readonly width: number };
  readonly layers: readonly Layer[];
}

/** The article's LeNet-5; its activation is the sigmoid. */
export function lenet5(activation: Activation = 'sigmoid'): Network {
  return {
    input: { channels: 1, height: 28, width: 28 },
    layers: [
      { kind: 'conv2d', name: 'conv1', outChannels: 6, kernel: 5, padding: 2, activation },
      { kind: 'avgpool2d' },
      { kind: 'conv2d', name: 'conv2', outChannels: 16, kernel: 5, padding: 0, activation },
      { kind: 'avgpool2d' },
      { kind: 'flatten' },
      { kind: 'dense', name: 'fc1', outputs: 120, activation },
      { kind: 'dense', name: 'fc2', outputs: 84, activation },
      { kind: 'dense', name: 'out', outputs: 10, activation: 'none' },
    ],
  };
}

interface StageBase {
  readonly name: string;
  /** Index of the weighted layer among all layers of the network. */
  readonly position: number;
  /** Of the weight tensor, PyTorch's layout: [out, in, ky, kx] or [out, in]. */
  readonly weightShape: readonly number[];
  readonly weights: number;
  readonly biases: number;
  /** Elements per image. */
  readonly inputs: number;
  readonly outputs: number;
  /** Multiply-accumulates per image with nothing pruned; padding counts like any pixel. */
  readonly macs: number;
}

/** One weighted layer with what is fused into it: the unit that kernels run and caches keep. */
export type Stage =
  | (StageBase & { readonly kind: 'conv2d'; readonly shape: ConvShape })
  | (StageBase & { readonly kind: 'dense'; readonly shape: DenseShape });

/** Fuses each pooling layer into the convolution before it. Throws for a network that the kernels cannot run. */
export function stagesOf(network: Network): readonly Stage[] {
  const stages: Stage[] = [];
  let { channels, height, width } = network.input;
  let flat = false;
  network.layers.forEach((layer, position) => {
    const refuse = (why: string) =>
      new MasksearchError('bad-input', `layer ${position} (${layer.kind}) ${why}`, 'change the network');
    if (layer.kind === 'flatten') {
      if (flat) throw refuse('follows a flattened layer');
      flat = true;
    } else if (layer.kind === 'avgpool2d') {
      const previous = stages.at(-1);
      const before = network.layers[position - 1];
      if (previous?.kind !== 'conv2d' || before?.kind !== 'conv2d')
        throw refuse('does not follow a convolution');
      height = Math.floor(height / 2);
      width = Math.floor(width / 2);
      if (height < 1 || width < 1) throw refuse('has less than one pixel left');
      const outputs = channels * height * width;
      stages[stages.length - 1] = { ...previous, shape: { ...previous.shape, pool: 2 }, outputs };
    } else if (layer.kind === 'conv2d') {
      if (flat) throw refuse('follows a flattened layer');
      const { kernel, padding, outChannels, activation } = layer;
      const outHeight = height + 2 * padding - kernel + 1;
      const outWidth = width + 2 * padding - kernel + 1;
      if (outHeight < 1 || outWidth < 1)
        throw refuse(`has a kernel of ${kernel} over ${height} x ${width} pixels`);
      const weights = outChannels * channels * kernel * kernel;
      const shape: ConvShape = {
        inChannels: channels,
        inHeight: height,
        inWidth: width,
        outChannels,
        kernel,
        padding,
        pool: 1,
        activation,
      };
      stages.push({
        kind: 'conv2d',
        name: layer.name,
        position,
        weightShape: [outChannels, channels, kernel, kernel],
        weights,
        biases: outChannels,
        inputs: channels * height * width,
        outputs: outChannels * outHeight * outWidth,
        macs: maskedConv2d.cost(shape, 1).macs,
        shape,
      });
      channels = outChannels;
      height = outHeight;
      width = outWidth;
    } else {
      const inputs = channels * height * width;
      if (!flat && height * width > 1) throw refuse('needs a flatten before it');
      const shape: DenseShape = { inputs, outputs: layer.outputs, activation: layer.activation };
      stages.push({
        kind: 'dense',
        name: layer.name,
        position,
        weightShape: [layer.outputs, inputs],
        weights: layer.outputs * inputs,
        biases: layer.outputs,
        inputs,
        outputs: layer.outputs,
        macs: maskedDense.cost(shape, 1).macs,
        shape,
      });
      channels = layer.outputs;
      height = width = 1;
    }
  });
  if (stages.at(-1)?.kind !== 'dense') {
    throw new MasksearchError(
      'bad-input',
      'the network does not end in a dense layer',
      'end it in the class scores',
    );
  }
  return stages;
}

export function classesOf(network: Network): number {
  return stagesOf(network).at(-1)!.outputs;
}

/** What the search sees of a network: names, shapes and positions of the layers with weights. */
export function problemOf(network: Network): Problem {
  const layers: PrunableLayer[] = stagesOf(network).map(({ name, weightShape, position }) => ({
    name,
    shape: weightShape,
    position,
  }));
  return { layers, depth: network.layers.length };
}
