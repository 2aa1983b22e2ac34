/**
 * The element-wise functions that a layer may end with. The index is the value of the shaders' override `activation`.
 */
export const ACTIVATIONS = ['none', 'sigmoid', 'tanh', 'relu'] as const;

export type Activation = (typeof ACTIVATIONS)[number];
