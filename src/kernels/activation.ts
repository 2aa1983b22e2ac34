/**
 * The element-wise functions that a layer may end with. The index is what the WebAssembly kernels are told. `gelu` is x times the
 * normal distribution's cumulative probability at x, `gelu-tanh` the approximation of it with a tanh, off by up to 5e-4.
 */
export const ACTIVATIONS = [
  'none',
  'sigmoid',
  'tanh',
  'relu',
  'relu6',
  'leaky-relu',
  'elu',
  'hard-sigmoid',
  'silu',
  'hard-swish',
  'gelu',
  'gelu-tanh',
  'softplus',
] as const;

export type Activation = (typeof ACTIVATIONS)[number];

/** Those with a parameter, and its usual value. `leaky-relu`: the slope below 0. `elu`: its limit at -Infinity is -alpha. `hard-sigmoid`: the slope at 0. */
export const DEFAULT_ALPHA: Readonly<Partial<Record<Activation, number>>> = {
  'leaky-relu': 0.01,
  elu: 1,
  'hard-sigmoid': 1 / 6,
};

/** What a layer ends with. */
export interface Activated {
  readonly activation: Activation;
  /** See `DEFAULT_ALPHA`; 0 for an activation without a parameter. */
  readonly alpha: number;
}
