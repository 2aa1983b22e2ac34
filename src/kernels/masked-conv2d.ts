import type { Activation } from './activation.ts';

/** Stride 1, square kernel, zeros around the image, then the activation, then `pool` x `pool` means. */
export interface ConvShape {
  readonly inChannels: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly padding: number;
  /** 1 for none, 2 for non-overlapping 2x2 means that drop an odd last row or column. */
  readonly pool: 1 | 2;
  readonly activation: Activation;
}
