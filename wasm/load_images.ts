/**
 * Loads a block of images as the network's input: looks up the input for each pixel, unless pixels are numbers already,
 * and puts images innermost. Lanes from `count` on repeat the last image.
 *
 * @param pixels [image, channel, pixel] u8, or f32 without a table
 * @param order [lane] u32 index of the image in each lane of the block
 * @param count images of the block
 * @param table [channel, 256] f32 network input for each value of a byte; 0 if pixels are the inputs
 * @param channels channels of an image
 * @param area pixels per channel
 * @param y address of the input's tensor, both parts of a block
 * @param offsets [element] u32 byte offset of each of its elements in a part
 * @param partBytes bytes from one part of y to the next
 */
const LANES = 12;

export function load_images(
  pixels: usize,
  order: usize,
  count: i32,
  table: usize,
  channels: i32,
  area: i32,
  y: usize,
  offsets: usize,
  partBytes: i32,
): void {
  const size = channels * area;
  for (let lane = 0; lane < 2 * LANES; lane++) {
    const image = <usize>load<u32>(order + ((<usize>min(lane, count - 1)) << 2));
    const target = y + (lane / LANES) * partBytes + ((lane % LANES) << 2);
    if (table) loadBytes(pixels + image * size, table, channels, area, target, offsets);
    else loadFloats(pixels + image * (size << 2), size, target, offsets);
  }
}

function loadBytes(
  image: usize,
  table: usize,
  channels: i32,
  area: i32,
  target: usize,
  offsets: usize,
): void {
  let source = image;
  let offset = offsets;
  for (let channel = 0; channel < channels; channel++) {
    const values = table + (channel << 10);
    for (const end = source + area; source < end; source++) {
      const value = load<f32>(values + ((<usize>load<u8>(source)) << 2));
      store<f32>(target + load<u32>(offset), value);
      offset += 4;
    }
  }
}

function loadFloats(image: usize, size: i32, target: usize, offsets: usize): void {
  for (let i = 0; i < size << 2; i += 4) store<f32>(target + load<u32>(offsets + i), load<f32>(image + i));
}
