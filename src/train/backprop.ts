/** A network with its gradients, in float64: as fast as float32 in JavaScript, and gradients can be checked. */
import { fuse } from '../network/fuse.ts';
import type { Network } from '../network/network.ts';
import { conv2dLayer } from './conv2d.ts';
import { denseLayer } from './dense.ts';
import { softmaxCrossEntropy, type BatchLoss } from './loss.ts';
import type { LayerValues, TrainingLayer } from './layer.ts';

export interface Backprop {
  /** All parameters in one vector, in network order, each layer's weight before its bias. Starts at zero. */
  readonly parameters: Float64Array;
  /** The vector of the same order that `differentiate` writes. */
  readonly gradients: Float64Array;
  /** Each layer's part of `parameters`, sharing its memory. */
  readonly layers: readonly LayerValues[];
  /** [image, channel, row, column], normalised; written by the caller, one image per label of the next call. */
  readonly input: Float64Array;
  /** [image, class]: the logits of the last call. */
  readonly scores: Float64Array;
  /** Loss of the first `labels.length` images of `input`, at most `capacity`. */
  evaluate(labels: Uint8Array): BatchLoss;
  /** The same, and the gradient of the mean loss of these images into `gradients`. */
  differentiate(labels: Uint8Array): BatchLoss;
}

/**
 * Buffers and loops for batches of at most `capacity` images.
 *
 * @throws MasksearchError `bad-input` for a network that `fuse` rejects
 */
export function backpropOf(network: Network, capacity: number): Backprop {
  const layers = fuse(network);
  const total = layers.reduce((sum, layer) => sum + layer.weights + layer.biases, 0);
  const parameters = new Float64Array(total);
  const gradients = new Float64Array(total);
  const classes = layers.at(-1)!.outputs;
  const input = new Float64Array(capacity * layers[0]!.inputs);

  const parts: LayerValues[] = [];
  const chain: TrainingLayer[] = [];
  let position = 0;
  for (const layer of layers) {
    const weightEnd = position + layer.weights;
    const end = weightEnd + layer.biases;
    const partOf = (vector: Float64Array): LayerValues => ({
      weight: vector.subarray(position, weightEnd),
      bias: vector.subarray(weightEnd, end),
    });
    const previous = chain.at(-1);
    const wiring = {
      capacity,
      input: previous?.output ?? input,
      inputGradient: previous?.outputGradient,
      parameters: partOf(parameters),
      gradients: partOf(gradients),
    };
    if (layer.kind === 'conv2d') chain.push(conv2dLayer(layer.shape, wiring));
    else if (layer.kind === 'dense') chain.push(denseLayer(layer.shape, wiring));
    else throw new Error(`${layer.kind} cannot be trained`);
    parts.push(wiring.parameters);
    position = end;
  }
  const last = chain.at(-1)!;

  function forward(count: number): void {
    for (const layer of chain) layer.forward(count);
  }

  return {
    parameters,
    gradients,
    layers: parts,
    input,
    scores: last.output,

    evaluate(labels) {
      forward(labels.length);
      return softmaxCrossEntropy(last.output, labels, classes);
    },

    differentiate(labels) {
      forward(labels.length);
      const loss = softmaxCrossEntropy(last.output, labels, classes, last.outputGradient);
      gradients.fill(0);
      for (const layer of chain.toReversed()) layer.backward(labels.length);
      return loss;
    },
  };
}
