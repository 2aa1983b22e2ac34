import type { Activation } from '../activation.ts';
import { ACTIVATION_LIMIT } from '../spec.ts';

/** Float64 twin of `activate` in shaders/shared/activation.wgsl. */
export function activate(activation: Activation, value: number): number {
  switch (activation) {
    case 'sigmoid':
      return 1 / (1 + Math.exp(-value));
    case 'tanh':
      return Math.tanh(value);
    case 'relu':
      return Math.min(Math.max(value, 0), ACTIVATION_LIMIT);
    case 'none':
      return Math.min(Math.max(value, -ACTIVATION_LIMIT), ACTIVATION_LIMIT);
  }
}
