/**
 * Twin of shaders/masked_conv2d.wgsl: convolution over kept weights, with bias, activation and optional 2x2 pooling. The
 * padding is part of x. Dilation and groups are in the entries' offsets.
 *
 * Every sum starts at its bias and adds its products in ascending input order. The outermost loop is over tiles, so the
 * inputs of a tile stay in the first-level cache for all output channels. A tile is two neighbouring pixels of one part
 * of the block, 2x2 if they are pooled; without a right neighbour it is one pixel of both parts.
 *
 * @param x [part, in_channel, row, column, 12] f32, from the first pixel of the first window
 * @param partBytes bytes from one part of x to the next
 * @param rowStep bytes in x from the window of one row of the convolution to that of the next
 * @param columnStep likewise of columns
 * @param starts [out_channel + 1] u32 addresses of entries, see list_kept; their offsets count from a window's first pixel
 * @param bias [out_channel] f32
 * @param inputs entries of an output channel without pruned weights
 * @param outChannels number of output channels
 * @param outHeight height of the output, after pooling
 * @param outWidth width of the output, after pooling
 * @param pool none 0, average 1, max 2
 * @param activation see shared/activation.ts
 * @param alpha parameter of the activation
 * @param y [part, out_channel, row, column, 12] f32, from the first pixel that is not padding
 * @param yPartBytes bytes from one part of y to the next
 * @param yChannelBytes bytes from one channel of y to the next
 * @param yRowBytes bytes from one row of y to the next
 * @param yPixelBytes bytes from one pixel of y to the next
 * @param sums [out_channel, tile_row, 2, 12] f32, overwritten
 */
import { activate } from './shared/activation';
import { copyPixel } from './shared/copy_pixel';
import { PIXEL, sumTile, VECTOR } from './shared/sum_tile';

const ROW = 2 * PIXEL;

export function masked_conv2d(
  x: usize,
  partBytes: i32,
  rowStep: i32,
  columnStep: i32,
  starts: usize,
  bias: usize,
  inputs: i32,
  outChannels: i32,
  outHeight: i32,
  outWidth: i32,
  pool: i32,
  activation: i32,
  alpha: f32,
  y: usize,
  yPartBytes: i32,
  yChannelBytes: i32,
  yRowBytes: i32,
  yPixelBytes: i32,
  sums: usize,
): void {
  if (pool) {
    const end = sums + outChannels * 2 * ROW;
    for (let part = 0; part < 2; part++) {
      for (let row = 0; row < outHeight; row++) {
        let tile = x + part * partBytes + 2 * row * rowStep;
        let out = y + part * yPartBytes + row * yRowBytes;
        for (let column = 0; column < outWidth; column++) {
          sumTile(tile, columnStep, 2, rowStep, starts, bias, inputs, outChannels, sums, PIXEL, ROW);
          activate(sums, end, activation, alpha);
          if (pool == 1) meansOfTile(sums, end, out, yChannelBytes);
          else maximaOfTile(sums, end, out, yChannelBytes);
          tile += 2 * columnStep;
          out += yPixelBytes;
        }
      }
    }
    return;
  }
  const end = sums + outChannels * ROW;
  for (let part = 0; part < 2; part++) {
    for (let row = 0; row < outHeight; row++) {
      let tile = x + part * partBytes + row * rowStep;
      let out = y + part * yPartBytes + row * yRowBytes;
      for (let column = 0; column + 1 < outWidth; column += 2) {
        sumTile(tile, columnStep, 1, 0, starts, bias, inputs, outChannels, sums, PIXEL, ROW);
        activate(sums, end, activation, alpha);
        copyPixels(sums, end, out, yPixelBytes, yChannelBytes);
        tile += 2 * columnStep;
        out += 2 * yPixelBytes;
      }
    }
  }
  if (outWidth & 1) {
    for (let row = 0; row < outHeight; row++) {
      const tile = x + row * rowStep + (outWidth - 1) * columnStep;
      const out = y + row * yRowBytes + (outWidth - 1) * yPixelBytes;
      sumTile(tile, partBytes, 1, 0, starts, bias, inputs, outChannels, sums, PIXEL, ROW);
      activate(sums, end, activation, alpha);
      copyPixels(sums, end, out, yPartBytes, yChannelBytes);
    }
  }
}

/** Writes the mean of each channel's four pixels to y. */
function meansOfTile(sums: usize, end: usize, y: usize, yChannelBytes: i32): void {
  let out = y;
  for (let pixels = sums; pixels < end; pixels += 2 * ROW) {
    for (let lane = 0; lane < PIXEL; lane += VECTOR) {
      const at = pixels + lane;
      const upper = f32x4.add(v128.load(at), v128.load(at, PIXEL));
      const lower = f32x4.add(v128.load(at, 2 * PIXEL), v128.load(at, 3 * PIXEL));
      v128.store(out + lane, f32x4.mul(f32x4.splat(0.25), f32x4.add(upper, lower)));
    }
    out += yChannelBytes;
  }
}

/** Writes the largest of each channel's four pixels to y. */
function maximaOfTile(sums: usize, end: usize, y: usize, yChannelBytes: i32): void {
  let out = y;
  for (let pixels = sums; pixels < end; pixels += 2 * ROW) {
    for (let lane = 0; lane < PIXEL; lane += VECTOR) {
      const at = pixels + lane;
      const upper = f32x4.pmax(v128.load(at), v128.load(at, PIXEL));
      const lower = f32x4.pmax(v128.load(at, 2 * PIXEL), v128.load(at, 3 * PIXEL));
      v128.store(out + lane, f32x4.pmax(upper, lower));
    }
    out += yChannelBytes;
  }
}

/** Copies the two pixels of each channel to y, `yStep` bytes apart. */
function copyPixels(sums: usize, end: usize, y: usize, yStep: i32, yChannelBytes: i32): void {
  let out = y;
  for (let pixels = sums; pixels < end; pixels += ROW) {
    copyPixel(pixels, out);
    copyPixel(pixels + PIXEL, out + yStep);
    out += yChannelBytes;
  }
}
