/**
 * Twin of shaders/affine.wgsl: activation(scale * x + shift), with a scale and a shift per channel.
 *
 * @param x address of the tensor that is read, both parts of a block
 * @param xOffsets [element] u32 byte offset of each of its elements in a part
 * @param xPartBytes bytes from one part of x to the next
 * @param scale [channel] f32
 * @param shift [channel] f32
 * @param channels number of channels, or of features
 * @param area elements per channel
 * @param activation see shared/activation.ts
 * @param alpha parameter of the activation
 * @param y address of the tensor that is written
 * @param yOffsets [element] u32 byte offset of each of its elements in a part
 * @param yPartBytes bytes from one part of y to the next
 */
import { activateElements } from './shared/activate_elements';
import { VECTOR } from './shared/sum_tile';

export function affine(
  x: usize,
  xOffsets: usize,
  xPartBytes: i32,
  scale: usize,
  shift: usize,
  channels: i32,
  area: i32,
  activation: i32,
  alpha: f32,
  y: usize,
  yOffsets: usize,
  yPartBytes: i32,
): void {
  let i = 0; // 4 times the index of the element
  for (let channel = 0; channel < channels << 2; channel += 4) {
    const factor = v128.load32_splat(scale + channel);
    const term = v128.load32_splat(shift + channel);
    for (const end = i + (area << 2); i < end; i += 4) {
      const from = x + load<u32>(xOffsets + i);
      const to = y + load<u32>(yOffsets + i);
      scaled(from, factor, term, to);
      scaled(from + xPartBytes, factor, term, to + yPartBytes);
    }
  }
  activateElements(y, yOffsets, yPartBytes, channels * area, activation, alpha);
}

function scaled(x: usize, factor: v128, term: v128, y: usize): void {
  v128.store(y, f32x4.add(term, f32x4.mul(factor, v128.load(x))));
  v128.store(y, f32x4.add(term, f32x4.mul(factor, v128.load(x, VECTOR))), VECTOR);
  v128.store(y, f32x4.add(term, f32x4.mul(factor, v128.load(x, 2 * VECTOR))), 2 * VECTOR);
}
