/** How many weights each move changes in each layer: more after success, fewer after failure. */

/** By layer, then by move; fractions of a weight count. */
export type Blocks = readonly (readonly number[])[];

const FIRST_SHARE = 0.02;
const LARGEST_SHARE = 0.25;
const GROWTH = 1.5;
const SHRINKAGE = 0.75;

/** @param weights number of weights of each layer */
export function firstBlocks(weights: readonly number[], moves: number): Blocks {
  return weights.map((count) => Array.from({ length: moves }, () => Math.max(1, count * FIRST_SHARE)));
}

export function blocksAfter(
  blocks: Blocks,
  layer: number,
  move: number,
  accepted: boolean,
  weights: readonly number[],
): Blocks {
  const size = blocks[layer]![move]! * (accepted ? GROWTH : SHRINKAGE);
  const bounded = Math.max(1, Math.min(size, weights[layer]! * LARGEST_SHARE));
  return blocks.with(layer, blocks[layer]!.with(move, bounded));
}
