/**
 * Lays out the inputs of a layer for `second_moments`: for every input of an output, in the order of its weights, what it is at some places of
 * the window, and in a last row the constant 1 that a bias multiplies. Images from `count` on are zeros, also in the last row.
 *
 * @param x [part, channel, row, column, 12] f32, in any layout, from the first pixel of the first window of the group
 * @param partBytes bytes from one part of x to the next
 * @param rowStep bytes in x from the window of one row of the output to that of the next
 * @param columnStep likewise of columns
 * @param outWidth places of the window in a row
 * @param offsets [input] u32 byte offset of each input from a window's first pixel
 * @param inputs number of inputs of an output
 * @param firstPlace the first place of the window, counted row by row
 * @param endPlace the place before which to end
 * @param count images of the block
 * @param y [input + 1, place, part, 12] f32
 * @param yRowBytes bytes from one input in y to the next
 */
import { copyPixel } from './shared/copy_pixel';

const PIXEL = 48;
const BLOCK = 24;

export function im2col(
  x: usize,
  partBytes: i32,
  rowStep: i32,
  columnStep: i32,
  outWidth: i32,
  offsets: usize,
  inputs: i32,
  firstPlace: i32,
  endPlace: i32,
  count: i32,
  y: usize,
  yRowBytes: i32,
): void {
  const firstRow = firstPlace / outWidth;
  const firstColumn = firstPlace % outWidth;
  const bytes = (endPlace - firstPlace) * 2 * PIXEL;
  let out = y;
  for (let input = 0; input < inputs; input++) {
    let row = x + load<u32>(offsets + (input << 2)) + firstRow * rowStep;
    let column = firstColumn;
    for (let place = out; place < out + bytes; place += 2 * PIXEL) {
      const from = row + column * columnStep;
      copyPixel(from, place);
      copyPixel(from + partBytes, place + PIXEL);
      if (++column == outWidth) {
        column = 0;
        row += rowStep;
      }
    }
    out += yRowBytes;
  }
  for (let at = out; at < out + bytes; at += 4) store<f32>(at, 1);
  if (count == BLOCK) return;
  for (let row = y; row <= out; row += yRowBytes) {
    for (let place = row; place < row + bytes; place += 2 * PIXEL) {
      for (let lane = count; lane < BLOCK; lane++) store<f32>(place + (lane << 2), 0);
    }
  }
}
