/**
 * Twin of shaders/concat.wgsl: the elements of two tensors, one after the other.
 *
 * @param a address of the first tensor, both parts of a block
 * @param aOffsets [element] u32 byte offset of each of its elements in a part
 * @param aPartBytes bytes from one part of a to the next
 * @param aElements number of its elements
 * @param b address of the second tensor
 * @param bOffsets likewise of b
 * @param bPartBytes likewise of b
 * @param bElements likewise of b
 * @param y address of the tensor that is written
 * @param yOffsets likewise of y
 * @param yPartBytes likewise of y
 */
import { copyElements } from './shared/copy_pixel';

export function concat(
  a: usize,
  aOffsets: usize,
  aPartBytes: i32,
  aElements: i32,
  b: usize,
  bOffsets: usize,
  bPartBytes: i32,
  bElements: i32,
  y: usize,
  yOffsets: usize,
  yPartBytes: i32,
): void {
  copyElements(a, aOffsets, aPartBytes, aElements, y, yOffsets, yPartBytes);
  copyElements(b, bOffsets, bPartBytes, bElements, y, yOffsets + (aElements << 2), yPartBytes);
}
