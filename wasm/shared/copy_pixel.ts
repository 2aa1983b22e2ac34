import { VECTOR } from './sum_tile';

/** Copies 12 images of one pixel or feature: faster than `memory.copy`, which is a call for so few bytes. */
export function copyPixel(from: usize, to: usize): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, VECTOR), VECTOR);
  v128.store(to, v128.load(from, 2 * VECTOR), 2 * VECTOR);
}

/**
 * Copies elements of both parts of a block from one tensor to another.
 *
 * @param x address of the tensor that is read
 * @param xOffsets [element] u32 byte offset of each of its elements in a part
 * @param xPartBytes bytes from one part of x to the next
 * @param elements number of elements
 * @param y address of the tensor that is written
 * @param yOffsets [element] u32 byte offset in a part, for each element of x
 * @param yPartBytes bytes from one part of y to the next
 */
export function copyElements(
  x: usize,
  xOffsets: usize,
  xPartBytes: i32,
  elements: i32,
  y: usize,
  yOffsets: usize,
  yPartBytes: i32,
): void {
  for (let i = 0; i < elements << 2; i += 4) {
    const from = x + load<u32>(xOffsets + i);
    const to = y + load<u32>(yOffsets + i);
    copyPixel(from, to);
    copyPixel(from + xPartBytes, to + yPartBytes);
  }
}
