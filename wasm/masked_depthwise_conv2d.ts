/**
 * Twin of shaders/masked_depthwise_conv2d.wgsl: a convolution of every channel by itself over kept weights, with bias and
 * activation. The padding is part of x. Every sum starts at its bias and adds its products in ascending input order.
 *
 * The outermost loop is over channels, not pixels as in masked_conv2d: no two channels share an input.
 *
 * @param x [part, channel, row, column, 12] f32, from the first pixel of the first window
 * @param partBytes bytes from one part of x to the next
 * @param rowStep bytes in x from the window of one row of the output to that of the next
 * @param columnStep likewise of columns
 * @param starts [out_channel + 1] u32 addresses of entries, see list_kept; their offsets count from a window's first
 *   pixel in channel 0
 * @param bias [out_channel] f32
 * @param outChannels number of output channels
 * @param outHeight height of the output
 * @param outWidth width of the output
 * @param activation see shared/activation.ts
 * @param alpha parameter of the activation
 * @param y [part, out_channel, row, column, 12] f32, from the first pixel that is not padding
 * @param yPartBytes bytes from one part of y to the next
 * @param yChannelBytes bytes from one channel of y to the next
 * @param yRowBytes bytes from one row of y to the next
 * @param yPixelBytes bytes from one pixel of y to the next
 */
import { activate } from './shared/activation';
import { PIXEL, sumTile } from './shared/sum_tile';

export function masked_depthwise_conv2d(
  x: usize,
  partBytes: i32,
  rowStep: i32,
  columnStep: i32,
  starts: usize,
  bias: usize,
  outChannels: i32,
  outHeight: i32,
  outWidth: i32,
  activation: i32,
  alpha: f32,
  y: usize,
  yPartBytes: i32,
  yChannelBytes: i32,
  yRowBytes: i32,
  yPixelBytes: i32,
): void {
  for (let channel = 0; channel < outChannels; channel++) {
    const start = starts + (channel << 2);
    const b = bias + (channel << 2);
    for (let row = 0; row < outHeight; row++) {
      const out = y + channel * yChannelBytes + row * yRowBytes;
      for (let part = 0; part < 2; part++) {
        let tile = x + part * partBytes + row * rowStep;
        let pixel = out + part * yPartBytes;
        for (let column = 0; column + 1 < outWidth; column += 2) {
          sumTile(tile, columnStep, 1, 0, start, b, 0, 1, pixel, yPixelBytes, 0);
          tile += 2 * columnStep;
          pixel += 2 * yPixelBytes;
        }
        // An odd last column has no right neighbour: its pixels of both parts are a pair.
        if (outWidth & 1 && part == 0) sumTile(tile, partBytes, 1, 0, start, b, 0, 1, pixel, yPartBytes, 0);
      }
      const end = out + outWidth * yPixelBytes;
      activate(out, end, activation, alpha);
      // In one call if the parts of a pixel are neighbours.
      if (yPixelBytes == PIXEL) activate(out + yPartBytes, end + yPartBytes, activation, alpha);
    }
  }
}
