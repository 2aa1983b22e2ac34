import { activate } from './activation';
import { PIXEL } from './sum_tile';

/**
 * Applies the activation to elements of both parts of a block, in place: elements that are neighbours in memory in one
 * call, since a call for each takes longer than the activation.
 *
 * @param y address of the tensor
 * @param offsets [element] u32 byte offset of each of its elements in a part, ascending
 * @param partBytes bytes from one part of y to the next
 * @param elements number of elements
 */
export function activateElements(
  y: usize,
  offsets: usize,
  partBytes: i32,
  elements: i32,
  activation: i32,
  alpha: f32,
): void {
  // An element with both parts, if they are neighbours.
  const size = partBytes == PIXEL ? 2 * PIXEL : PIXEL;
  const last = offsets + (elements << 2);
  let at = offsets;
  while (at < last) {
    const first = y + load<u32>(at);
    let end = first + size;
    at += 4;
    while (at < last && y + load<u32>(at) == end) {
      end += size;
      at += 4;
    }
    activate(first, end, activation, alpha);
    if (size == PIXEL) activate(first + partBytes, end + partBytes, activation, alpha);
  }
}
