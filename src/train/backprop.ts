/** A network with its gradients, in float64: as fast as float32 in JavaScript, and gradients can be checked. */
import { stagesOf, type Network } from '../network/network.ts';
import { conv2dStage } from './conv2d.ts';
import { denseStage } from './dense.ts';
import { softmaxCrossEntropy, type BatchLoss } from './loss.ts';
import type { StageValues, TrainingStage } from './stage.ts';

export interface Backprop {
  /** All parameters in one vector, in network order, each stage's weight before its bias. Starts at zero. */
  readonly parameters: Float64Array;
  /** The vector of the same order that `differentiate` writes. */
  readonly gradients: Float64Array;
  /** Each stage's part of `parameters`, sharing its memory. */
  readonly stages: readonly StageValues[];
  /** [image, channel, row, column], normalised: the caller writes as many images as the call that follows has labels. */
  readonly input: Float64Array;
  /** [image, class]: the last call's scores, before the softmax. */
  readonly scores: Float64Array;
  /** Loss of the first `labels.length` images of `input`, at most `capacity`. */
  evaluate(labels: Uint8Array): BatchLoss;
  /** The same, and the gradient of the mean loss of these images into `gradients`. */
  differentiate(labels: Uint8Array): BatchLoss;
}

/**
 * Buffers and loops for batches of at most `capacity` images.
 *
 * @throws MasksearchError `bad-input` for a network that `stagesOf` refuses
 */
export function backpropOf(network: Network, capacity: number): Backprop {
  const stages = stagesOf(network);
  const total = stages.reduce((sum, stage) => sum + stage.weights + stage.biases, 0);
  const parameters = new Float64Array(total);
  const gradients = new Float64Array(total);
  const classes = stages.at(-1)!.outputs;
  const input = new Float64Array(capacity * stages[0]!.inputs);

  const parts: StageValues[] = [];
  const chain: TrainingStage[] = [];
  let position = 0;
  for (const stage of stages) {
    const weightEnd = position + stage.weights;
    const end = weightEnd + stage.biases;
    const partOf = (vector: Float64Array): StageValues => ({
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
    chain.push(stage.kind === 'conv2d' ? conv2dStage(stage.shape, wiring) : denseStage(stage.shape, wiring));
    parts.push(wiring.parameters);
    position = end;
  }
  const last = chain.at(-1)!;

  function forward(count: number): void {
    for (const stage of chain) stage.forward(count);
  }

  return {
    parameters,
    gradients,
    stages: parts,
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
      for (const stage of chain.toReversed()) stage.backward(labels.length);
      return loss;
    },
  };
}
