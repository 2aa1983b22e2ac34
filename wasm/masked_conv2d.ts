/**
 * Twin of shaders/masked_conv2d.wgsl: convolution, stride 1, over kept weights, with bias, activation and an optional
 * 2x2 mean. The image is padded in memory, and a pixel is 12 images wide, so two neighbours are six vectors on end.
 *
 * Every sum starts at its bias and adds its products in ascending input order. Tiles of pixels, 2x2 or 1x2, are
 * outermost: the patch under a tile stays in the first-level cache for all output channels.
 *
 * @param x [in_channel, row, column, 12] f32, at the first padded pixel
 * @param starts [out_channel + 1] u32 addresses of entries, see list_kept; their offsets reach from a tile's top left
 * @param bias [out_channel] f32
 * @param inputs entries of a channel of which nothing is pruned
 * @param outHeight of the output, pooled if `pool` is 2
 * @param rowBytes from one row of x to the next
 * @param y [out_channel, row, column, 12] f32 with strides of its own, in bytes
 * @param sums room for a tile of all channels: [out_channel, tile_row, 2, 12] f32
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
  // Output pixels that a tile of two columns makes.
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
        // The right half of a last odd column was computed from whatever lies behind the row.
        if (column + 1 < outWidth) copyPixels(sums + PIXEL, end, out + yPixelBytes, yChannelBytes);
      }
    }
  }
}

/** The mean of each channel's four pixels. */
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

/** Every second pixel to its channel. */
function copyPixels(first: usize, end: usize, y: usize, yChannelBytes: i32): void {
  let out = y;
  for (let pixel = first; pixel < end; pixel += 2 * PIXEL) {
    memory.copy(out, pixel, PIXEL);
    out += yChannelBytes;
  }
}
