/**
 * The outputs of one layer that masks have disconnected. An output is a channel of a convolution or a unit of a dense
 * layer.
 */
export interface DeadOutputs {
  /** Name of the layer. */
  readonly layer: string;
  /** Number of its outputs. */
  readonly units: number;
  /** Indices of outputs all of whose own weights are pruned: they have the same value for every image. */
  readonly withoutInputs: readonly number[];
  /** Indices of outputs that no kept weight of the next layer reads. Empty for the last layer. */
  readonly unused: readonly number[];
}
