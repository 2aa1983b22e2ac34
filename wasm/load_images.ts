/**
 * Brings a block of images, in the order in which they are visited, into the layout of the first layer: bytes become
 * the network's input by a table, images become innermost. Lanes beyond `count` repeat the last image.
 *
 * @param pixels [image, row, column] u8
 * @param order u32 index of each of the block's images
 * @param table [256] f32
 * @param y [part, row, column, lane] f32, `lanes` images to a part; at the first pixel, beyond any padding
 */
export function load_images(
  pixels: usize,
  order: usize,
  count: i32,
  table: usize,
  height: i32,
  width: i32,
  y: usize,
  parts: i32,
  lanes: i32,
  partBytes: i32,
  rowBytes: i32,
): void {
  const size = height * width;
  const pixelBytes = lanes << 2;
  for (let lane = 0; lane < parts * lanes; lane++) {
    const image = load<u32>(order + ((<usize>min(lane, count - 1)) << 2));
    let source = pixels + <usize>image * size;
    const target = y + (lane / lanes) * partBytes + ((lane % lanes) << 2);
    for (let row = 0; row < height; row++) {
      let pixel = target + row * rowBytes;
      for (let column = 0; column < width; column++) {
        store<f32>(pixel, load<f32>(table + ((<usize>load<u8>(source)) << 2)));
        source++;
        pixel += pixelBytes;
      }
    }
  }
}
