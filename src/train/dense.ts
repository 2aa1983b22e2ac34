import type { DenseShape } from '../kernels/masked-dense.ts';
import { activate, multiplyByDerivative } from './activation.ts';
import { multiplyAdd, offsets } from './multiply.ts';
import type { LayerWiring, TrainingLayer } from './layer.ts';

/** A fully connected layer: output[image, o] = activation(bias[o] + sum over i of weight[o, i] * input[image, i]). */
export function denseLayer(shape: DenseShape, wiring: LayerWiring): TrainingLayer {
  const { inputs, outputs, activation } = shape;
  const { capacity, input, inputGradient, parameters, gradients } = wiring;
  const output = new Float64Array(capacity * outputs);
  const outputGradient = new Float64Array(capacity * outputs);

  const oneInput = offsets(inputs, 1);
  const oneOutput = offsets(outputs, 1);
  const weightRows = offsets(outputs, inputs);
  const inputRows = offsets(capacity, inputs);
  const outputRows = offsets(capacity, outputs);

  return {
    output,
    outputGradient,

    forward(count) {
      const imagesIn = inputRows.subarray(0, count);
      const imagesOut = outputRows.subarray(0, count);
      for (let image = 0; image < count; image++) output.set(parameters.bias, image * outputs);
      multiplyAdd(
        { data: output, rows: imagesOut, terms: oneOutput },
        { data: input, rows: imagesIn, terms: oneInput },
        { data: parameters.weight, rows: weightRows, terms: oneInput },
      );
      activate(activation, output, 0, count * outputs);
    },

    backward(count) {
      const imagesIn = inputRows.subarray(0, count);
      const imagesOut = outputRows.subarray(0, count);
      multiplyByDerivative(activation, outputGradient, output, 0, count * outputs);
      for (let image = 0; image < count; image++) {
        for (let o = 0; o < outputs; o++) gradients.bias[o]! += outputGradient[image * outputs + o]!;
      }
      multiplyAdd(
        { data: gradients.weight, rows: weightRows, terms: oneInput },
        { data: outputGradient, rows: oneOutput, terms: imagesOut },
        { data: input, rows: oneInput, terms: imagesIn },
      );
      if (inputGradient === undefined) return;
      inputGradient.fill(0, 0, count * inputs);
      multiplyAdd(
        { data: inputGradient, rows: imagesIn, terms: oneInput },
        { data: outputGradient, rows: imagesOut, terms: oneOutput },
        { data: parameters.weight, rows: oneInput, terms: weightRows },
      );
    },
  };
}
