/**
 * Loads a block of images into the layout of the first layer: looks up the network's input for each pixel and puts
 * images innermost. Lanes from `count` on repeat the last image.
 *
 * @param pixels [image, row, column] u8
 * @param order [lane] u32 index of the image in each lane of the block
 * @param count images of the block
 * @param table [256] f32 network input for each pixel value
 * @param height of an image, in pixels
 * @param width of an image, in pixels
 * @param y [part, row, column, lane] f32, from the first pixel that is not padding
 * @param parts parts per block
 * @param lanes images per part
 * @param partBytes bytes from one part of y to the next
 * @param rowBytes bytes from one row of y to the next
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
