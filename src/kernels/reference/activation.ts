import type { Activated } from '../activation.ts';
import { ACTIVATION_LIMIT } from '../spec.ts';
import { erf } from './erf.ts';

/**
 * `gelu-tanh` is x (1 + tanh(u)) / 2 with u = scale (x + cubic x^3): Hendrycks and Gimpel, Gaussian Error Linear Units, 2016. For
 * magnitudes from `saturation` on, 1 + tanh(u) is 0 or 2 in float64.
 */
export const GELU_TANH = { scale: Math.sqrt(2 / Math.PI), cubic: 0.044715, saturation: 10 } as const;

/** Float64 twin of `activate` in shaders/shared/activation.wgsl. */
export function activate({ activation, alpha }: Activated, value: number): number {
  const x = Math.min(Math.max(value, -ACTIVATION_LIMIT), ACTIVATION_LIMIT);
  switch (activation) {
    case 'none':
      return x;
    case 'sigmoid':
      return 1 / (1 + Math.exp(-x));
    case 'tanh':
      return Math.tanh(x);
    case 'relu':
      return Math.max(x, 0);
    case 'relu6':
      return Math.min(Math.max(x, 0), 6);
    case 'leaky-relu':
      return x < 0 ? alpha * x : x;
    case 'elu':
      return x < 0 ? alpha * Math.expm1(x) : x;
    case 'hard-sigmoid':
      return Math.min(Math.max(alpha * x + 0.5, 0), 1);
    case 'silu':
      return x / (1 + Math.exp(-x));
    case 'hard-swish':
      return (x * Math.min(Math.max(x + 3, 0), 6)) / 6;
    case 'gelu':
      return 0.5 * x * (1 + erf(x / Math.SQRT2));
    case 'gelu-tanh':
      return 0.5 * x * (1 + Math.tanh(GELU_TANH.scale * (x + GELU_TANH.cubic * x ** 3)));
    case 'softplus':
      return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }
}
