import { placesOf, type Window } from './window.ts';

/**
 * Sums of products of pairs of inputs of a layer with weights: of a convolution, with zero padding, for every place of its window; of a dense
 * layer, whose features are channels of one pixel. The last input of every group is the constant 1, which a bias multiplies.
 */
export interface MomentsShape extends Window {
  readonly channels: number;
  readonly inHeight: number;
  readonly inWidth: number;
  /** Outputs of different groups read different channels, `channels / groups` each. */
  readonly groups: number;
}

/** The most products that are added one after the other in float32, on any device; their sums are added in float64. */
export const MAX_CHAIN = 256;

/** `size`: inputs of an output, the constant included. `positions`: places of the window. */
export function momentsSizes(shape: MomentsShape) {
  const { channels, groups, kernel, inHeight, inWidth } = shape;
  const groupChannels = channels / groups;
  const [rows, columns] = placesOf(inHeight, inWidth, shape);
  const size = groupChannels * kernel[0] * kernel[1] + 1;
  return { groupChannels, size, rows, columns, positions: rows * columns };
}
