/**
 * Twin of shaders/add.wgsl: activation(a + b), element by element.
 *
 * @param a address of the first tensor, both parts of a block
 * @param aOffsets [element] u32 byte offset of each of its elements in a part
 * @param aPartBytes bytes from one part of a to the next
 * @param b address of the second tensor
 * @param bOffsets likewise of b
 * @param bPartBytes likewise of b
 * @param elements number of elements
 * @param activation see shared/activation.ts
 * @param alpha parameter of the activation
 * @param y address of the tensor that is written
 * @param yOffsets likewise of y
 * @param yPartBytes likewise of y
 */
import { activateElements } from './shared/activate_elements';
import { VECTOR } from './shared/sum_tile';

export function add(
  a: usize,
  aOffsets: usize,
  aPartBytes: i32,
  b: usize,
  bOffsets: usize,
  bPartBytes: i32,
  elements: i32,
  activation: i32,
  alpha: f32,
  y: usize,
  yOffsets: usize,
  yPartBytes: i32,
): void {
  for (let i = 0; i < elements << 2; i += 4) {
    const first = a + load<u32>(aOffsets + i);
    const second = b + load<u32>(bOffsets + i);
    const to = y + load<u32>(yOffsets + i);
    sum(first, second, to);
    sum(first + aPartBytes, second + bPartBytes, to + yPartBytes);
  }
  activateElements(y, yOffsets, yPartBytes, elements, activation, alpha);
}

function sum(a: usize, b: usize, y: usize): void {
  v128.store(y, f32x4.add(v128.load(a), v128.load(b)));
  v128.store(y, f32x4.add(v128.load(a, VECTOR), v128.load(b, VECTOR)), VECTOR);
  v128.store(y, f32x4.add(v128.load(a, 2 * VECTOR), v128.load(b, 2 * VECTOR)), 2 * VECTOR);
}
