/**
 * Twin of shaders/masked_conv2d.wgsl: convolution, stride 1, over kept weights, with bias, activation and an optional
 * 2x2 mean. The image is padded in memory, and a pixel is 12 images wide, so two neighbours are six vectors on end.
 *
 * Every sum starts at its bias and adds its products in ascending input order. Tiles of pixels are outermost: the
 * patch under a tile stays in the first-level cache for all output channels.
 *
 * @param x [in_channel, row, column, 12] f32, at the first padded pixel
 * @param starts [out_channel + 1] u32 addresses of entries, see list_kept; their offsets reach from a tile's top left
 * @param bias [out_channel] f32
 * @param outHeight of the output, pooled if `pool` is 2
 * @param rowBytes from one row of x to the next
 * @param y [out_channel, row, column, 12] f32 with strides of its own, in bytes
 */
import { activate } from './shared/activation';

const VECTOR = 16;
const PIXEL = 3 * VECTOR;

export function masked_conv2d(
  x: usize,
  starts: usize,
  bias: usize,
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
): void {
  // Output pixels that a tile of two input columns makes.
  const step = pool == 2 ? 1 : 2;
  for (let row = 0; row < outHeight; row++) {
    for (let column = 0; column < outWidth; column += step) {
      const tile = x + row * pool * rowBytes + column * pool * PIXEL;
      const target = y + row * yRowBytes + column * yPixelBytes;
      const isPair = column + 1 < outWidth;
      for (let channel = 0; channel < outChannels; channel++) {
        const first = <usize>load<u32>(starts + (channel << 2));
        const end = <usize>load<u32>(starts + (channel << 2), 4);
        const b = v128.load32_splat(bias + (channel << 2));
        const out = target + channel * yChannelBytes;
        for (let half = 0; half < pool; half++) {
          const patch = tile + half * rowBytes;
          let left0 = b;
          let left1 = b;
          let left2 = b;
          let right0 = b;
          let right1 = b;
          let right2 = b;
          for (let entry = first; entry < end; entry += 8) {
            const w = v128.load32_splat(entry, 4);
            const input = patch + load<u32>(entry);
            left0 = f32x4.add(left0, f32x4.mul(w, v128.load(input)));
            left1 = f32x4.add(left1, f32x4.mul(w, v128.load(input, VECTOR)));
            left2 = f32x4.add(left2, f32x4.mul(w, v128.load(input, 2 * VECTOR)));
            right0 = f32x4.add(right0, f32x4.mul(w, v128.load(input, PIXEL)));
            right1 = f32x4.add(right1, f32x4.mul(w, v128.load(input, PIXEL + VECTOR)));
            right2 = f32x4.add(right2, f32x4.mul(w, v128.load(input, PIXEL + 2 * VECTOR)));
          }
          left0 = activate(left0, activation);
          left1 = activate(left1, activation);
          left2 = activate(left2, activation);
          right0 = activate(right0, activation);
          right1 = activate(right1, activation);
          right2 = activate(right2, activation);
          if (pool == 2) {
            poolInto(out, half, f32x4.add(left0, right0));
            poolInto(out + VECTOR, half, f32x4.add(left1, right1));
            poolInto(out + 2 * VECTOR, half, f32x4.add(left2, right2));
          } else {
            store3(out, left0, left1, left2);
            // The right half of a last odd column was computed from whatever lies behind the row.
            if (isPair) store3(out + yPixelBytes, right0, right1, right2);
          }
        }
      }
    }
  }
}

/** The upper row's sum waits in the output for the lower row's. */
function poolInto(out: usize, half: i32, sum: v128): void {
  v128.store(out, half ? f32x4.mul(f32x4.splat(0.25), f32x4.add(v128.load(out), sum)) : sum);
}

function store3(out: usize, a: v128, b: v128, c: v128): void {
  v128.store(out, a);
  v128.store(out, b, VECTOR);
  v128.store(out, c, 2 * VECTOR);
}
