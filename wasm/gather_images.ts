/**
 * Twin of shaders/gather_images.wgsl: puts cached activations into another order of images. Works in place, one row of
 * all images after the other. A row fits into the processor's cache, so scattered reads are cheap.
 *
 * @param cache [block, part, row, lane] f32; a row is one pixel or feature
 * @param blockBytes bytes from one block to the next
 * @param parts parts per block
 * @param partBytes bytes from one part to the next
 * @param lanes images per part
 * @param firstRow the first row to gather
 * @param endRow the row before which to end
 * @param source [block, part, lane] u32 place that each image comes from
 * @param scratch [block, part, lane] f32, overwritten
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
