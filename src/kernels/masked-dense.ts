import type { Activation } from './activation.ts';

export interface DenseShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly activation: Activation;
}
