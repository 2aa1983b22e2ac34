import type { Shape } from '../../../network/network.ts';

/**
 * Thrown where an operator shows how the network's input is laid out: it is read again with that layout. Exporters write the channels
 * first or last, and move them only somewhere behind the input.
 */
export class InputLayout extends Error {
  /** What the operator reads: [channels, height, width]. */
  readonly shape: Shape;
  /** Index in the input as it was laid out so far of each element that the operator reads. */
  readonly order: Uint32Array | undefined;

  constructor(shape: Shape, order: Uint32Array | undefined) {
    super(`the input is ${shape.join(' x ')}`);
    this.shape = shape;
    this.order = order;
  }
}
