import type { Activated } from '../kernels/activation.ts';
import { activate as activateOne, GELU_TANH } from '../kernels/reference/activation.ts';
import { erf } from '../kernels/reference/erf.ts';

/** Writes the activation of the first `count` values of `x` to `y`. The usual ones have loops of their own, which are faster. */
export function activate(activated: Activated, x: Float64Array, y: Float64Array, count: number): void {
  if (activated.activation === 'sigmoid') {
    for (let i = 0; i < count; i++) y[i] = 1 / (1 + Math.exp(-x[i]!));
  } else if (activated.activation === 'tanh') {
    for (let i = 0; i < count; i++) y[i] = Math.tanh(x[i]!);
  } else if (activated.activation === 'relu') {
    for (let i = 0; i < count; i++) y[i] = Math.max(0, x[i]!);
  } else if (activated.activation === 'relu6') {
    for (let i = 0; i < count; i++) y[i] = Math.min(Math.max(0, x[i]!), 6);
  } else {
    for (let i = 0; i < count; i++) y[i] = activateOne(activated, x[i]!);
  }
}

/** Adds to `into` the first `count` values of `gradient` times the slope of the activation that turned `x` into `y`. */
export function addSlopes(
  activated: Activated,
  { x, y, gradient, into }: Readonly<Record<'x' | 'y' | 'gradient' | 'into', Float64Array>>,
  count: number,
): void {
  if (activated.activation === 'sigmoid') {
    for (let i = 0; i < count; i++) into[i]! += gradient[i]! * (y[i]! * (1 - y[i]!));
  } else if (activated.activation === 'relu') {
    for (let i = 0; i < count; i++) if (y[i]! > 0) into[i]! += gradient[i]!;
  } else {
    const slope = slopeAt(activated);
    for (let i = 0; i < count; i++) into[i]! += gradient[i]! * slope(x[i]!, y[i]!);
  }
}

/** The derivative of an activation at x, whose result there is y. At a kink it is the slope on the left. */
function slopeAt({ activation, alpha }: Activated): (x: number, y: number) => number {
  switch (activation) {
    case 'none':
      return () => 1;
    case 'sigmoid':
      return (_, y) => y * (1 - y);
    case 'tanh':
      return (_, y) => 1 - y * y;
    case 'relu':
      return (_, y) => (y <= 0 ? 0 : 1);
    case 'relu6':
      return (x) => (x <= 0 || x > 6 ? 0 : 1);
    case 'leaky-relu':
      return (x) => (x <= 0 ? alpha : 1);
    case 'elu':
      return (x, y) => (x <= 0 ? y + alpha : 1);
    case 'hard-sigmoid':
      return (_, y) => (y <= 0 || y >= 1 ? 0 : alpha);
    case 'silu':
      return (x, y) => {
        const sigmoid = 1 / (1 + Math.exp(-x));
        return sigmoid + y * (1 - sigmoid);
      };
    case 'hard-swish':
      return (x) => (x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6);
    case 'gelu':
      return (x) => 0.5 * (1 + erf(x / Math.SQRT2)) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
    case 'gelu-tanh':
      return geluTanhSlope;
    case 'softplus':
      return (x) => 1 / (1 + Math.exp(-x));
  }
}

function geluTanhSlope(x: number): number {
  const { scale, cubic, saturation } = GELU_TANH;
  // Beyond, the slope is 0 or 1, and the square of a number that is large enough would be infinite.
  const clamped = Math.min(Math.max(x, -saturation), saturation);
  const square = clamped * clamped;
  const tanh = Math.tanh(scale * clamped * (1 + cubic * square));
  return 0.5 * (1 + tanh + clamped * (1 - tanh * tanh) * scale * (1 + 3 * cubic * square));
}
