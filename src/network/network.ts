/** A feed-forward image classifier as data: its layers, without weights. It must not know a device or a file format. */
import type { Activation } from '../kernels/activation.ts';

export type Layer =
  | {
      readonly kind: 'conv2d';
      readonly name: string;
      readonly outChannels: number;
      /** Side of the square kernel. The stride is 1. */
      readonly kernel: number;
      /** Zeros on every side, in pixels. */
      readonly padding: number;
      readonly activation: Activation;
    }
  /** Non-overlapping 2x2 means; an odd last row or column is dropped. */
  | { readonly kind: 'avgpool2d' }
  /** To a vector in the order channel, row, column. */
  | { readonly kind: 'flatten' }
  | {
      readonly kind: 'dense';
      readonly name: string;
      readonly outputs: number;
      readonly activation: Activation;
    };

export interface Network {
  readonly input: { readonly channels: number; readonly height: number; readonly width: number };
  readonly layers: readonly Layer[];
}

/** The article's LeNet-5: 28 x 28 grey images, ten classes. The article's activation is the sigmoid. */
export function lenet5(activation: Activation = 'sigmoid'): Network {
  return {
    input: { channels: 1, height: 28, width: 28 },
    layers: [
      { kind: 'conv2d', name: 'conv1', outChannels: 6, kernel: 5, padding: 2, activation },
      { kind: 'avgpool2d' },
      { kind: 'conv2d', name: 'conv2', outChannels: 16, kernel: 5, padding: 0, activation },
      { kind: 'avgpool2d' },
      { kind: 'flatten' },
      { kind: 'dense', name: 'fc1', outputs: 120, activation },
      { kind: 'dense', name: 'fc2', outputs: 84, activation },
      { kind: 'dense', name: 'out', outputs: 10, activation: 'none' },
    ],
  };
}
