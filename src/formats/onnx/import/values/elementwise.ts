/**
 * Functions of each element, such as x * sigmoid(x), which exporters write as several nodes in many orders. They are not matched as
 * patterns: a composition is known by its values at a few points, and those tell which activation it is.
 */
import type { Activated } from '../../../../kernels/activation.ts';
import { activate } from '../../../../kernels/reference/activation.ts';

/** Closely around zero, where activations differ, and far out, where only their limits do. */
export const POINTS: Float64Array = Float64Array.from([
  ...Array.from({ length: 97 }, (_, i) => (i - 48) / 6),
  ...[0.001, 0.01, 0.05, 9, 12, 20, 50, 100, 1e3, 1e4, 1e5, 1e6].flatMap((x) => [x, -x]),
]);

/** Constants in files are float32, and a float32 has 24 bits. */
const RELATIVE_ERROR = 2 ** -20;

export type ElementFunction =
  | { readonly kind: 'identity' }
  | { readonly kind: 'linear'; readonly scale: number; readonly shift: number }
  | { readonly kind: 'activation'; readonly activated: Activated };

/** What computes a function with these values at `POINTS`; undefined if nothing does. */
export function functionWith(values: Float64Array): ElementFunction | undefined {
  if (!values.every(Number.isFinite)) return undefined;
  if (agrees(values, (x) => x)) return { kind: 'identity' };
  const at = (x: number) => values[POINTS.indexOf(x)]!;
  const shift = at(0);
  const scale = at(1) - shift;
  if (agrees(values, (x) => scale * x + shift)) return { kind: 'linear', scale, shift };
  const slope = (at(0.01) - at(-0.01)) / 0.02;
  const candidates: readonly Activated[] = [
    { activation: 'relu', alpha: 0 },
    { activation: 'sigmoid', alpha: 0 },
    { activation: 'tanh', alpha: 0 },
    { activation: 'relu6', alpha: 0 },
    { activation: 'silu', alpha: 0 },
    { activation: 'hard-swish', alpha: 0 },
    { activation: 'gelu', alpha: 0 },
    { activation: 'gelu-tanh', alpha: 0 },
    { activation: 'softplus', alpha: 0 },
    { activation: 'leaky-relu', alpha: -at(-1) },
    { activation: 'elu', alpha: -at(-1e6) },
    { activation: 'hard-sigmoid', alpha: slope },
  ];
  const found = candidates.find((activated) => agrees(values, (x) => activate(activated, x)));
  return found && { kind: 'activation', activated: { ...found, alpha: rounded(found.alpha) } };
}

function agrees(values: Float64Array, wanted: (x: number) => number): boolean {
  return POINTS.every((x, i) => {
    const y = wanted(x);
    return Math.abs(values[i]! - y) <= RELATIVE_ERROR * (1e-3 + Math.abs(x) * 1e-3 + Math.abs(y));
  });
}

/** The decimal that was meant: 0.1 and not 0.10000000149, its nearest float32. */
const rounded = (alpha: number) => Number(alpha.toPrecision(7));
