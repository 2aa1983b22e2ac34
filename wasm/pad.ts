/**
 * Twin of shaders/pad.wgsl: zeros around an image, and channels of zeros before and after its own.
 *
 * @param x address of the tensor that is read, both parts of a block
 * @param xOffsets [element] u32 byte offset of each of its elements in a part
 * @param xPartBytes bytes from one part of x to the next
 * @param elements number of its elements
 * @param y address of the tensor that is written
 * @param targets [element] u32 byte offset in a part of y of each element of x
 * @param yPartBytes bytes from one part of y to the next
 * @param yBytes bytes of both parts of y
 */
import { copyElements } from './shared/copy_pixel';

export function pad(
  x: usize,
  xOffsets: usize,
  xPartBytes: i32,
  elements: i32,
  y: usize,
  targets: usize,
  yPartBytes: i32,
  yBytes: i32,
): void {
  memory.fill(y, 0, yBytes);
  copyElements(x, xOffsets, xPartBytes, elements, y, targets, yPartBytes);
}
