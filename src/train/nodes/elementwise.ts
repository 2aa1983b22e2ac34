/** Nodes that work on single elements or move them. */
import type { Activated } from '../../kernels/activation.ts';
import type { PadShape } from '../../kernels/pad.ts';
import { paddedSizes } from '../../kernels/pad.ts';
import { activate, addSlopes } from '../activation.ts';
import type { Parameter, Signal, TrainingNode } from './training-node.ts';

export function activationNode(activated: Activated, input: Signal, output: Signal): TrainingNode {
  return {
    forward(count) {
      activate(activated, input.values, output.values, count * input.size);
    },
    backward(count) {
      if (input.gradient.length === 0) return;
      const [x, y] = [input.values, output.values];
      addSlopes(activated, { x, y, gradient: output.gradient, into: input.gradient }, count * input.size);
    },
  };
}

/** scale[channel] * x + shift[channel] */
export function affineNode(
  { scale, shift }: { readonly scale: Parameter; readonly shift: Parameter },
  input: Signal,
  output: Signal,
): TrainingNode {
  const channels = scale.values.length;
  const area = input.size / channels;
  const channelOf = (i: number) => Math.floor(i / area) % channels;
  return {
    forward(count) {
      for (let i = 0; i < count * input.size; i++) {
        const c = channelOf(i);
        output.values[i] = scale.values[c]! * input.values[i]! + shift.values[c]!;
      }
    },
    backward(count) {
      for (let i = 0; i < count * input.size; i++) {
        const c = channelOf(i);
        const gradient = output.gradient[i]!;
        scale.gradient[c]! += gradient * input.values[i]!;
        shift.gradient[c]! += gradient;
        if (input.gradient.length > 0) input.gradient[i]! += gradient * scale.values[c]!;
      }
    },
  };
}

export function addNode(inputs: readonly Signal[], output: Signal): TrainingNode {
  return {
    forward(count) {
      output.values.fill(0, 0, count * output.size);
      for (const { values } of inputs)
        for (let i = 0; i < count * output.size; i++) output.values[i]! += values[i]!;
    },
    backward(count) {
      for (const { gradient } of inputs) {
        if (gradient.length === 0) continue;
        for (let i = 0; i < count * output.size; i++) gradient[i]! += output.gradient[i]!;
      }
    },
  };
}

/** Moves the elements of `input` to `places` of the output, of every image. */
function movingNode(places: Int32Array, input: Signal, output: Signal): TrainingNode {
  return {
    forward(count) {
      for (let image = 0; image < count; image++) {
        const [from, to] = [image * input.size, image * output.size];
        for (let i = 0; i < input.size; i++) output.values[to + places[i]!] = input.values[from + i]!;
      }
    },
    backward(count) {
      if (input.gradient.length === 0) return;
      for (let image = 0; image < count; image++) {
        const [from, to] = [image * input.size, image * output.size];
        for (let i = 0; i < input.size; i++) input.gradient[from + i]! += output.gradient[to + places[i]!]!;
      }
    },
  };
}

export function flattenNode(input: Signal, output: Signal): TrainingNode {
  return movingNode(
    Int32Array.from({ length: input.size }, (_, i) => i),
    input,
    output,
  );
}

export function concatNode(inputs: readonly Signal[], output: Signal): TrainingNode {
  let first = 0;
  const parts = inputs.map((input) => {
    const start = first;
    first += input.size;
    return movingNode(
      Int32Array.from({ length: input.size }, (_, i) => start + i),
      input,
      output,
    );
  });
  return {
    forward(count, mode) {
      for (const part of parts) part.forward(count, mode);
    },
    backward(count) {
      for (const part of parts) part.backward(count);
    },
  };
}

/** The zeros of the output are never written. */
export function padNode(shape: PadShape, input: Signal, output: Signal): TrainingNode {
  const { inHeight, inWidth, padding, before } = shape;
  const { outHeight, outWidth } = paddedSizes(shape);
  const places = Int32Array.from({ length: input.size }, (_, i) => {
    const channel = before + Math.floor(i / (inHeight * inWidth));
    const row = padding[0] + (Math.floor(i / inWidth) % inHeight);
    return (channel * outHeight + row) * outWidth + padding[1] + (i % inWidth);
  });
  return movingNode(places, input, output);
}
