import type { Activation } from '../kernels/activation.ts';

/** Replaces `values[from]` to `values[to - 1]` by their activation. */
export function activate(activation: Activation, values: Float64Array, from: number, to: number): void {
  switch (activation) {
    case 'none':
      return;
    case 'sigmoid':
      for (let i = from; i < to; i++) values[i] = 1 / (1 + Math.exp(-values[i]!));
      return;
    case 'tanh':
      for (let i = from; i < to; i++) values[i] = Math.tanh(values[i]!);
      return;
    case 'relu':
      for (let i = from; i < to; i++) values[i] = Math.max(0, values[i]!);
      return;
    case 'relu6':
    case 'leaky-relu':
    case 'elu':
    case 'hard-sigmoid':
    case 'silu':
    case 'hard-swish':
    case 'gelu':
    case 'softplus':
      throw new Error(`${activation} cannot be trained`);
  }
}

/**
 * Turns a gradient by the activated values into one by the values before: multiplies `gradient[i]`, 0 <= i < count,
 * by the derivative of the activation, which follows from its result `activated[from + i]`. That of relu at 0 is 0.
 */
export function multiplyByDerivative(
  activation: Activation,
  gradient: Float64Array,
  activated: Float64Array,
  from: number,
  count: number,
): void {
  switch (activation) {
    case 'none':
      return;
    case 'sigmoid':
      for (let i = 0; i < count; i++) gradient[i]! *= activated[from + i]! * (1 - activated[from + i]!);
      return;
    case 'tanh':
      for (let i = 0; i < count; i++) gradient[i]! *= 1 - activated[from + i]! * activated[from + i]!;
      return;
    case 'relu':
      for (let i = 0; i < count; i++) if (activated[from + i]! <= 0) gradient[i] = 0;
      return;
    case 'relu6':
    case 'leaky-relu':
    case 'elu':
    case 'hard-sigmoid':
    case 'silu':
    case 'hard-swish':
    case 'gelu':
    case 'softplus':
      throw new Error(`${activation} cannot be trained`);
  }
}
