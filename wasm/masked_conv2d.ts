/**
 * Twin of shaders/masked_conv2d.wgsl: convolution of stride 1 over kept weights, with bias, activation and an optional
 * 2x2 mean. The padding is part of x, and a pixel has 12 images, so two neighbouring pixels are six consecutive
 * vectors.
 *
 * Every sum starts at its bias and adds its products in ascending input order. The outermost loop is over tiles of 2x2
 * or 1x2 pixels, so the inputs of a tile stay in the first-level cache for all output channels.
 *
 * @param x [in_channel, row, column, 12] f32, from the first pixel of the padding
 * @param starts [out_channel + 1] u32 addresses of entries, see list_kept; their offsets count from a tile's top left
 *   input
 * @param bias [out_channel] f32
 * @param inputs entries of an output channel without pruned weights
 * @param outChannels number of output channels
 * @param outHeight height of the output, after pooling
 * @param outWidth width of the output, after pooling
 * @param pool 2 for 2x2 means, else 1
 * @param activation see shared/activation.ts
 * @param rowBytes bytes from one row of x to the next
 * @param y [out_channel, row, column, 12] f32
 * @param yChannelBytes bytes from one channel of y to the next
 * @param yRowBytes bytes from one row of y to the next
 * @param yPixelBytes bytes from one pixel of y to the next
 * @param sums [out_channel, tile_row, 2, 12] f32, overwritten
 */
import { activate } from './shared/activation';
import { sumTile } from './shared/sum_tile';

const VECTOR = 16;
const PIXEL = 3 * VECTOR;

export function masked_conv2d(
  x: usize,
  starts: usize,
  bias: usize,
  inputs: i32,
  outChannels: i32,
  outHeight: i32,
  outWidth: i32,
  pool: i32,
  activation: i32,
  rowBytes: i32,
  y: usize,
  yChannelBytes: i32,
  yRowBytes: i32,
  yPixelBytes: i32,
  sums: usize,
): void {
  // Output pixels per tile, in a row: a tile has two columns of the convolution.
  const step = pool == 2 ? 1 : 2;
  const end = sums + outChannels * pool * 2 * PIXEL;
  for (let row = 0; row < outHeight; row++) {
    for (let column = 0; column < outWidth; column += step) {
      const tile = x + row * pool * rowBytes + column * pool * PIXEL;
      sumTile(tile, starts, bias, inputs, outChannels, pool, rowBytes, sums);
      activate(sums, end, activation);
      const out = y + row * yRowBytes + column * yPixelBytes;
      if (pool == 2) {
        meanOfTile(sums, end, out, yChannelBytes);
      } else {
        copyPixels(sums, end, out, yChannelBytes);
        // An odd last column has no right neighbour: the right half was computed from what follows the row in memory.
        if (column + 1 < outWidth) copyPixels(sums + PIXEL, end, out + yPixelBytes, yChannelBytes);
      }
    }
  }
}

/** Writes the mean of each channel's four pixels to y. */
function meanOfTile(sums: usize, end: usize, y: usize, yChannelBytes: i32): void {
  let out = y;
  for (let pixels = sums; pixels < end; pixels += 4 * PIXEL) {
    for (let lane = 0; lane < PIXEL; lane += VECTOR) {
      const at = pixels + lane;
      const upper = f32x4.add(v128.load(at), v128.load(at, PIXEL));
      const lower = f32x4.add(v128.load(at, 2 * PIXEL), v128.load(at, 3 * PIXEL));
      v128.store(out + lane, f32x4.mul(f32x4.splat(0.25), f32x4.add(upper, lower)));
    }
    out += yChannelBytes;
  }
}

/** Copies every second pixel, one per channel, to y. */
function copyPixels(first: usize, end: usize, y: usize, yChannelBytes: i32): void {
  let out = y;
  for (let pixel = first; pixel < end; pixel += 2 * PIXEL) {
    memory.copy(out, pixel, PIXEL);
    out += yChannelBytes;
  }
}
