/**
 * Twin of shaders/copy_words.wgsl. Measures memory bandwidth: reads and writes every word once.
 *
 * @param x [word] u32
 * @param words number of words, a multiple of 16
 * @param y [word] u32
 */
const VECTOR = 16;

export function copy_words(x: usize, words: i32, y: usize): void {
  const end = x + ((<usize>words) << 2);
  let to = y;
  for (let from = x; from < end; from += 4 * VECTOR) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, VECTOR), VECTOR);
    v128.store(to, v128.load(from, 2 * VECTOR), 2 * VECTOR);
    v128.store(to, v128.load(from, 3 * VECTOR), 3 * VECTOR);
    to += 4 * VECTOR;
  }
}
