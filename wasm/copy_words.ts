/**
 * Twin of shaders/copy_words.wgsl: reads and writes every word once.
 *
 * @param x u32
 * @param words a multiple of 16
 * @param y u32
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
