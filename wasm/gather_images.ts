/**
 * Puts cached activations into another order of images, in place, one row of all images after the other: a row is
 * small enough for the cache, so the scattered reads are cheap.
 *
 * @param cache [block, part, row, lane] f32: rows are pixels of a convolution's input or features
 * @param blockBytes from one block to the next; `partBytes` likewise
 * @param source u32 place, [block, part, lane], that each image comes from
 * @param scratch room for one row
 */
const VECTOR = 16;

export function gather_images(
  cache: usize,
  blocks: i32,
  blockBytes: i32,
  parts: i32,
  partBytes: i32,
  lanes: i32,
  firstRow: i32,
  endRow: i32,
  source: usize,
  scratch: usize,
): void {
  const rowBytes = lanes << 2;
  for (let row = firstRow; row < endRow; row++) {
    const start = cache + row * rowBytes;
    let place = scratch;
    for (let block = 0; block < blocks; block++) {
      for (let part = 0; part < parts; part++) {
        memory.copy(place, start + block * blockBytes + part * partBytes, rowBytes);
        place += rowBytes;
      }
    }
    let from = source;
    for (let block = 0; block < blocks; block++) {
      for (let part = 0; part < parts; part++) {
        const target = start + block * blockBytes + part * partBytes;
        for (let lane = 0; lane < rowBytes; lane += VECTOR) {
          let v = v128.load32_zero(scratch + (load<u32>(from) << 2));
          v = v128.load32_lane(scratch + (load<u32>(from, 4) << 2), v, 1);
          v = v128.load32_lane(scratch + (load<u32>(from, 8) << 2), v, 2);
          v = v128.load32_lane(scratch + (load<u32>(from, 12) << 2), v, 3);
          v128.store(target + lane, v);
          from += VECTOR;
        }
      }
    }
  }
}
