/**
 * Twin of shaders/masked_dense.wgsl: dense layer over kept weights, with bias and activation. Every sum starts at its
 * bias and adds its products in ascending input order.
 *
 * @param x [input, 24] f32
 * @param starts [output + 1] u32 addresses of entries, see list_kept
 * @param bias [output] f32
 * @param inputs entries of an output without pruned weights
 * @param outputs number of outputs
 * @param activation see shared/activation.ts
 * @param y [output, 24] f32
 */
import { activate } from './shared/activation';
import { sumTile } from './shared/sum_tile';

const ROW = 6 * 16;

export function masked_dense(
  x: usize,
  starts: usize,
  bias: usize,
  inputs: i32,
  outputs: i32,
  activation: i32,
  y: usize,
): void {
  sumTile(x, starts, bias, inputs, outputs, 1, 0, y);
  activate(y, y + outputs * ROW, activation);
}
