import { multiplyAdd, offsets } from '../multiply.ts';
import type { Parameter, Signal, TrainingNode } from './training-node.ts';

interface DenseWiring {
  readonly capacity: number;
  readonly input: Signal;
  readonly output: Signal;
  /** [out, in] */
  readonly weight: Parameter;
  /** [out] */
  readonly bias: Parameter | undefined;
}

/** output[image, o] = bias[o] + sum over i of weight[o, i] * input[image, i] */
export function denseNode({ capacity, input, output, weight, bias }: DenseWiring): TrainingNode {
  const [inputs, outputs] = [input.size, output.size];
  const oneInput = offsets(inputs, 1);
  const oneOutput = offsets(outputs, 1);
  const weightRows = offsets(outputs, inputs);
  const inputRows = offsets(capacity, inputs);
  const outputRows = offsets(capacity, outputs);

  return {
    forward(count) {
      const imagesIn = inputRows.subarray(0, count);
      const imagesOut = outputRows.subarray(0, count);
      for (let image = 0; image < count; image++) {
        if (bias) output.values.set(bias.values, image * outputs);
        else output.values.fill(0, image * outputs, (image + 1) * outputs);
      }
      multiplyAdd(
        { data: output.values, rows: imagesOut, terms: oneOutput },
        { data: input.values, rows: imagesIn, terms: oneInput },
        { data: weight.values, rows: weightRows, terms: oneInput },
      );
    },

    backward(count) {
      const imagesIn = inputRows.subarray(0, count);
      const imagesOut = outputRows.subarray(0, count);
      for (let image = 0; bias && image < count; image++) {
        for (let o = 0; o < outputs; o++) bias.gradient[o]! += output.gradient[image * outputs + o]!;
      }
      multiplyAdd(
        { data: weight.gradient, rows: weightRows, terms: oneInput },
        { data: output.gradient, rows: oneOutput, terms: imagesOut },
        { data: input.values, rows: oneInput, terms: imagesIn },
      );
      if (input.gradient.length === 0) return;
      multiplyAdd(
        { data: input.gradient, rows: imagesIn, terms: oneInput },
        { data: output.gradient, rows: imagesOut, terms: oneOutput },
        { data: weight.values, rows: oneInput, terms: weightRows },
      );
    },
  };
}
