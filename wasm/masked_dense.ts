/**
 * Twin of shaders/masked_dense.wgsl: dense layer over kept weights, with bias and activation. Every sum starts at its
 * bias and adds its products in ascending input order.
 *
 * @param x [part, input, 12] f32, in any layout of features, which may be the pixels of an image
 * @param partBytes bytes from one part of x to the next
 * @param starts [output + 1] u32 addresses of entries, see list_kept; their offsets count from x
 * @param bias [output] f32
 * @param inputs entries of an output without pruned weights
 * @param outputs number of outputs
 * @param activation see shared/activation.ts
 * @param alpha parameter of the activation
 * @param y [output, part, 12] f32
 */
import { activate } from './shared/activation';
import { PIXEL, sumTile } from './shared/sum_tile';

export function masked_dense(
  x: usize,
  partBytes: i32,
  starts: usize,
  bias: usize,
  inputs: i32,
  outputs: i32,
  activation: i32,
  alpha: f32,
  y: usize,
): void {
  sumTile(x, partBytes, 1, 0, starts, bias, inputs, outputs, y, PIXEL, 2 * PIXEL);
  activate(y, y + outputs * 2 * PIXEL, activation, alpha);
}
