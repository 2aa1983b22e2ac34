/**
 * Twin of shaders/pool2d.wgsl: the largest value or the mean of every window. The host lists the pixels of each window
 * that are in the image, in ascending order, so that size, stride, padding and dilation do not enter here.
 *
 * @param x [part, channel, row, column, 12] f32, from the first pixel that is not padding
 * @param partBytes bytes from one part of x to the next
 * @param channelBytes bytes from one channel of x to the next
 * @param channels number of channels
 * @param windows [out_row, out_column] of { count u32, divisor f32, [pixel] u32 byte offset }: how many pixels a window has,
 *   what the sum of a mean is divided by, and where the pixels are in a channel
 * @param outHeight height of the output
 * @param outWidth width of the output
 * @param isMax 1 for the largest value, 0 for means
 * @param y [part, channel, row, column, 12] f32, from the first pixel that is not padding
 * @param yPartBytes bytes from one part of y to the next
 * @param yChannelBytes bytes from one channel of y to the next
 * @param yRowBytes bytes from one row of y to the next
 * @param yPixelBytes bytes from one pixel of y to the next
 */
import { VECTOR } from './shared/sum_tile';

/** No value is below it: that of a window without pixels. */
const LOWEST: f32 = -1e15;

export function pool2d(
  x: usize,
  partBytes: i32,
  channelBytes: i32,
  channels: i32,
  windows: usize,
  outHeight: i32,
  outWidth: i32,
  isMax: i32,
  y: usize,
  yPartBytes: i32,
  yChannelBytes: i32,
  yRowBytes: i32,
  yPixelBytes: i32,
): void {
  for (let part = 0; part < 2; part++) {
    for (let channel = 0; channel < channels; channel++) {
      const from = x + part * partBytes + channel * channelBytes;
      let window = windows;
      for (let row = 0; row < outHeight; row++) {
        let pixel = y + part * yPartBytes + channel * yChannelBytes + row * yRowBytes;
        for (let column = 0; column < outWidth; column++) {
          const first = window + 8;
          const end = first + (load<u32>(window) << 2);
          if (isMax) maximum(from, first, end, pixel);
          else mean(from, first, end, v128.load32_splat(window, 4), pixel);
          window = end;
          pixel += yPixelBytes;
        }
      }
    }
  }
}

function maximum(x: usize, first: usize, end: usize, y: usize): void {
  let largest0 = f32x4.splat(LOWEST);
  let largest1 = largest0;
  let largest2 = largest0;
  for (let entry = first; entry < end; entry += 4) {
    const pixel = x + load<u32>(entry);
    largest0 = f32x4.pmax(largest0, v128.load(pixel));
    largest1 = f32x4.pmax(largest1, v128.load(pixel, VECTOR));
    largest2 = f32x4.pmax(largest2, v128.load(pixel, 2 * VECTOR));
  }
  v128.store(y, largest0);
  v128.store(y, largest1, VECTOR);
  v128.store(y, largest2, 2 * VECTOR);
}

function mean(x: usize, first: usize, end: usize, divisor: v128, y: usize): void {
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  for (let entry = first; entry < end; entry += 4) {
    const pixel = x + load<u32>(entry);
    sum0 = f32x4.add(sum0, v128.load(pixel));
    sum1 = f32x4.add(sum1, v128.load(pixel, VECTOR));
    sum2 = f32x4.add(sum2, v128.load(pixel, 2 * VECTOR));
  }
  v128.store(y, f32x4.div(sum0, divisor));
  v128.store(y, f32x4.div(sum1, divisor), VECTOR);
  v128.store(y, f32x4.div(sum2, divisor), 2 * VECTOR);
}
