import type { Network } from './network.ts';

/** Pixels enter the network as (byte / 255 - mean) / std. */
export interface Normalization {
  readonly mean: number;
  readonly std: number;
}

/** A trained network. */
export interface Model {
  readonly network: Network;
  readonly normalization: Normalization;
  /** One entry per weighted layer, network order: float32 in PyTorch's layouts, [out, in, ky, kx] or [out, in]. */
  readonly parameters: readonly LayerParameters[];
}

export interface LayerParameters {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}
